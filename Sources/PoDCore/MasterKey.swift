/// The thumbprint of the key that a master shows to its workers (RFC 7638, SHA-256): 43 characters of base64url.
public struct MasterKey: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(parsing text: String) throws(ValueError) {
        try Self.check(text.utf8.span)
        self.description = text
    }

    /// - Throws: ``ValueError`` unless the text is 32 bytes in base64url, written in the one right way.
    static func check(_ text: Span<UInt8>) throws(ValueError) {
        guard text.count == 43, self.isBase64(text) else {
            throw ValueError(
                "Key", found: String(decodingForMessage: text), expected: "a key's thumbprint of 43 characters")
        }
    }

    private static func isBase64(_ text: Span<UInt8>) -> Bool {
        var last: UInt8 = 0
        for index in text.indices {
            last = text[index]
            switch last {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): break
            default: return false
            }
        }
        return self.mayBeLast(last)
    }

    /// The last of 43 characters carries four bits, and two that must be zero.
    private static func mayBeLast(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A"), UInt8(ascii: "E"), UInt8(ascii: "I"), UInt8(ascii: "M"), UInt8(ascii: "Q"): true
        case UInt8(ascii: "U"), UInt8(ascii: "Y"), UInt8(ascii: "c"), UInt8(ascii: "g"), UInt8(ascii: "k"): true
        case UInt8(ascii: "o"), UInt8(ascii: "s"), UInt8(ascii: "w"), 0x30, 0x34, 0x38: true
        default: false
        }
    }
}
