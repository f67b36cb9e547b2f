/// The `share` of an advertisement as a decimal string: `1`, or `0.` and digits. JSON's numbers have several ways to
/// say one value, and readers that round them differently.
enum DecimalShare {
    /// The most digits behind the point.
    static let mostDigits = 40
    static let expectation = "1, or 0. and at most \(DecimalShare.mostDigits) digits, above 0"

    /// The shortest text that reads back as this number.
    ///
    /// - Parameter share: Above 0 and at most 1.
    /// - Returns: `nil` out of range, and for numbers too small to be written with ``mostDigits``.
    static func text(_ share: Double) -> String? {
        guard share > 0, share <= 1 else { return nil }
        guard share < 1 else { return "1" }
        // Swift writes the shortest digits that read back as the same number: 0.25, or 2.5e-05 below 0.0001.
        let parts = share.description.split(separator: "e")
        guard let mantissa = parts.first, parts.count == 2 else { return share.description }
        guard let exponent = Int(parts[1]), exponent < 0, exponent > -self.mostDigits else { return nil }
        let digits = mantissa.filter { $0 != "." }
        let zeros = String(repeating: "0", count: max(0, -1 &- exponent))
        let text = "0.\(zeros)\(digits.hasSuffix("0") && digits.utf8.count == 2 ? digits.dropLast() : digits[...])"
        return text.utf8.count <= self.mostDigits &+ 2 ? text : nil
    }

    /// - Returns: `nil` for anything else than ``expectation``.
    static func number(_ text: String) -> Double? {
        if text == "1" {
            return 1
        }
        let bytes = text.utf8.span
        guard bytes.count > 2, bytes.count <= self.mostDigits &+ 2, bytes[0] == UInt8(ascii: "0"),
            bytes[1] == UInt8(ascii: ".")
        else { return nil }
        let digits = bytes.extracting(droppingFirst: 2)
        for index in digits.indices {
            guard digits[index] >= 0x30, digits[index] <= 0x39 else { return nil }
        }
        return Double(text).flatMap { $0 > 0 && $0 <= 1 ? $0 : nil }
    }
}
