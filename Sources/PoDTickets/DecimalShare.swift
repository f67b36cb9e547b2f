import PoDCore

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
        // One digit before the point; behind it a lone 0 says nothing.
        let digits = mantissa.split(separator: ".")
        let broken = digits.dropFirst().joined()
        let zeros = String(repeating: "0", count: max(0, -1 &- exponent))
        let text = "0.\(zeros)\(digits.first ?? "")\(broken == "0" ? "" : broken)"
        return text.utf8.count <= self.mostDigits &+ 2 ? text : nil
    }

    /// - Returns: `nil` for anything else than ``expectation``.
    static func number(_ text: String) -> Double? {
        if text == "1" {
            return 1
        }
        // `Double` alone takes more: signs, exponents, hexadecimal numbers, and what stands before a NUL.
        let isDecimal = text.utf8.span.bytes.withUnsafeBytes { bytes in
            bytes.hasPrefix("0.") && bytes.count > 2 && bytes.count <= self.mostDigits &+ 2
                && bytes.part(from: 2, count: bytes.count).allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        }
        guard isDecimal, let number = Double(text), number > 0, number <= 1 else { return nil }
        return number
    }
}
