import PoDCore

/// A point in time as JWTs write it: seconds since 1970-01-01T00:00:00Z, without leap seconds (RFC 7519, section 2).
///
/// Never taken from a clock here: whoever verifies says what time it is.
public struct NumericDate: Hashable, Comparable, Sendable {
    /// From 0 to the end of the year 9999.
    public let secondsSince1970: Int64

    /// How far the clocks of two machines may differ, in seconds.
    public static let leeway: Int64 = 300

    static let latest: Int64 = 253_402_300_799

    /// - Parameter secondsSince1970: Cut to the range of the property.
    public init(secondsSince1970: Int64) {
        self.secondsSince1970 = min(max(secondsSince1970, 0), Self.latest)
    }

    /// Reads the JSON form, a whole or broken number; of a broken one the whole seconds count.
    ///
    /// - Returns: `nil` for anything else, and out of range.
    init?(_ json: JSONValue) {
        let seconds: Int64
        switch json {
        case .integer(let number): seconds = number
        case .number(let number):
            guard let whole = Int64(exactly: number.rounded(.down)) else { return nil }
            seconds = whole
        case .null, .bool, .string, .array, .object: return nil
        }
        guard seconds >= 0, seconds <= Self.latest else { return nil }
        self.secondsSince1970 = seconds
    }

    public func advanced(bySeconds seconds: Int64) -> NumericDate {
        let (sum, overflow) = self.secondsSince1970.addingReportingOverflow(seconds)
        return NumericDate(secondsSince1970: overflow ? Self.latest : sum)
    }

    /// Negative where `earlier` comes later.
    func seconds(since earlier: NumericDate) -> Int64 {
        self.secondsSince1970 &- earlier.secondsSince1970
    }

    /// Whether the two are at most ``leeway`` apart.
    func isNear(_ other: NumericDate) -> Bool {
        self <= other.advanced(bySeconds: Self.leeway) && other <= self.advanced(bySeconds: Self.leeway)
    }

    public static func < (lhs: NumericDate, rhs: NumericDate) -> Bool {
        lhs.secondsSince1970 < rhs.secondsSince1970
    }
}
