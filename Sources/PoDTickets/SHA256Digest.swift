import CSodium

/// A SHA-256 digest (FIPS 180-4), as the name of some bytes.
struct SHA256Digest: Hashable, Sendable {
    // 32 bytes that need no memory of their own: thousands are kept.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// The digest of two parts, one after the other.
    init(of first: [UInt8], _ second: [UInt8]) {
        var bytes = first
        bytes.append(contentsOf: second)
        self.init(of: bytes)
    }

    init(of bytes: [UInt8]) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { digest in
            bytes.withUnsafeBufferPointer { bytes in
                if let start = digest.baseAddress?.assumingMemoryBound(to: UInt8.self) {
                    csodium_sha256(start, bytes.baseAddress, bytes.count)
                }
            }
        }
        self.words = words
    }

    init(of text: String) {
        self.init(of: Array(text.utf8))
    }

    var bytes: [UInt8] { withUnsafeBytes(of: self.words) { Array($0) } }

    static func == (lhs: Self, rhs: Self) -> Bool { lhs.words == rhs.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(self.words.0)
        hasher.combine(self.words.1)
        hasher.combine(self.words.2)
        hasher.combine(self.words.3)
    }
}
