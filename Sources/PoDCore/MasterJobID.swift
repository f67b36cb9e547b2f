/// A master's own AliEn job id: `ALIEN_PROC_ID` in its job, the node name of its advertisements.
///
/// A whole number from 1 to 2^63 - 1, in decimal. Not AliEn's `ALIEN_MASTERJOBID`, which names the parent of a
/// split job.
public struct MasterJobID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let number: Int64

    /// - Returns: `nil` for numbers below 1.
    public init?(number: Int64) {
        guard number >= 1 else { return nil }
        self.number = number
    }

    /// Reads the decimal form, as it comes from a command line, from Perl or as a MonALISA node name.
    ///
    /// Only digits are taken: no sign, no blank, no exponent, no leading zero, so that one master has one name.
    public init(parsing text: some StringProtocol) throws(ValueError) {
        try self.init(parsing: String(text).utf8.span)
    }

    /// Reads the decimal form from its bytes.
    public init(parsing text: Span<UInt8>) throws(ValueError) {
        guard let number = Self.number(in: text) else {
            throw ValueError(
                "MasterJobId", found: String(decodingForMessage: text),
                expected: "a whole number from 1 to 9223372036854775807")
        }
        self.number = number
    }

    private static func number(in text: Span<UInt8>) -> Int64? {
        guard text.count > 0, text.count <= 19 else { return nil }
        var number: UInt64 = 0
        for index in text.indices {
            let digit = UInt64(text[index]) &- 0x30
            guard digit <= 9, !(index == 0 && digit == 0) else { return nil }
            number = number &* 10 &+ digit
        }
        return Int64(exactly: number)
    }

    public var description: String { String(self.number) }

    public static func < (lhs: MasterJobID, rhs: MasterJobID) -> Bool {
        lhs.number < rhs.number
    }
}
