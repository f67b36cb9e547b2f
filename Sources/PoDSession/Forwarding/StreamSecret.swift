public import PoDCore

/// What a worker shows to be given a forwarded connection: 128 random bits, good for one time and a few seconds.
public struct StreamSecret: Hashable, Sendable, CustomStringConvertible {
    public let bits: UInt128

    public init(bits: UInt128) {
        self.bits = bits
    }

    public static func random() -> StreamSecret {
        StreamSecret(bits: .random(in: 0 ... .max))
    }

    /// Reads the 32 hexadecimal digits of ``description``, in lower case.
    public init(parsing text: some StringProtocol) throws(ValueError) {
        var bits: UInt128 = 0
        var count = 0
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: throw Self.error
            }
            count += 1
            guard count <= 32 else {
                throw Self.error
            }
            bits = bits << 4 | UInt128(digit)
        }
        guard count == 32 else {
            throw Self.error
        }
        self.bits = bits
    }

    // Without the text that was found: it may be a secret that is only mistyped.
    private static let error = ValueError(
        "secret", found: "something else", expected: "32 hexadecimal digits in lower case")

    public var description: String {
        let digits = String(self.bits, radix: 16)
        return String(repeating: "0", count: 32 - digits.utf8.count) + digits
    }
}
