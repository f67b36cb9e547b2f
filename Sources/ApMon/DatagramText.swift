/// A string of a datagram: bytes, for senders write whatever encoding they have.
public struct DatagramText: Hashable, Sendable, ExpressibleByStringLiteral {
    public var bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init(_ text: String) {
        self.bytes = Array(text.utf8)
    }

    public init(stringLiteral text: String) {
        self.init(text)
    }

    /// The text, if the bytes are UTF-8.
    public var text: String? { String(validating: self.bytes, as: UTF8.self) }

    /// The text as a MonALISA receiver reads it: what is no UTF-8 becomes U+FFFD.
    public var repairedText: String { String(decoding: self.bytes, as: UTF8.self) }

    /// Without blanks and control characters, up to U+0020, at both ends: what Java calls trimming.
    var trimmed: ArraySlice<UInt8> {
        var rest = self.bytes[...]
        while let first = rest.first, first <= 0x20 {
            rest = rest.dropFirst()
        }
        while let last = rest.last, last <= 0x20 {
            rest = rest.dropLast()
        }
        return rest
    }
}
