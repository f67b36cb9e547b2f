import CSodium

/// SHA-256 (FIPS 180-4).
enum SHA256 {
    /// - Returns: 32 bytes.
    static func digest(_ parts: [UInt8]...) -> [UInt8] {
        let bytes = parts.count == 1 ? parts.first ?? [] : Array(parts.joined())
        return [UInt8](unsafeUninitializedCapacity: Int(CSODIUM_SHA256_SIZE)) { digest, count in
            guard let start = digest.baseAddress else { return }
            bytes.withUnsafeBufferPointer { csodium_sha256(start, $0.baseAddress, $0.count) }
            count = Int(CSODIUM_SHA256_SIZE)
        }
    }

    static func digest(_ text: String) -> [UInt8] {
        self.digest(Array(text.utf8))
    }
}
