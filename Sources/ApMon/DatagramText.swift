/// A string of a datagram: bytes, for senders write whatever encoding they have.
public struct DatagramText: Hashable, Sendable, ExpressibleByStringLiteral {
    public var bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    init(copying bytes: Span<UInt8>) {
        self.bytes = bytes.withUnsafeBufferPointer { Array($0) }
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
    var trimmed: [UInt8] {
        let bytes = self.bytes.span
        var start: Int?
        var end = 0
        for index in bytes.indices where bytes[index] > 0x20 {
            start = start ?? index
            end = index &+ 1
        }
        guard let start else { return [] }
        return DatagramText(copying: bytes.extracting(first: end).extracting(droppingFirst: start)).bytes
    }
}
