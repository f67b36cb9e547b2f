/// Numbers as the real service shows them: Java's `DecimalFormat("0.###########")`.
///
/// Never an exponent, at most 11 decimals, no trailing zeros: `21001`, `0.1`, `0.33333333333`,
/// `100000000000000000000`; not-a-number is `NaN`, infinities are `∞` and `-∞`, what rounds to zero keeps its sign.
package enum NumberText {
    private static let decimals = 11

    package static func text(of number: Double) -> String {
        guard number.isFinite else {
            return number.isNaN ? "NaN" : (number < 0 ? "-∞" : "∞")
        }
        let sign = number.sign == .minus ? "-" : ""
        return sign + self.text(ofMagnitude: number.magnitude)
    }

    private static func text(ofMagnitude number: Double) -> String {
        var (digits, point) = self.shortestDigits(of: number)
        self.round(&digits, &point, of: number)
        while digits.last == 0, digits.count > max(0, point) {
            digits.removeLast()
        }
        let whole = point > 0 ? self.padded(digits.prefix(point), to: point) : "0"
        let fraction = digits.dropFirst(max(0, point))
        guard !fraction.isEmpty else { return whole }
        return whole + "." + String(repeating: "0", count: max(0, -point)) + self.padded(fraction, to: 0)
    }

    /// The fewest digits that tell this number from its neighbours, and where the decimal point stands: the number
    /// is 0.d₁d₂d₃… × 10 to the power of `point`. Java starts from them too, and fills up with zeros.
    private static func shortestDigits(of number: Double) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        let description = number.description
        let mantissa = description.prefix { $0 != "e" }
        if mantissa.count < description.count {
            exponent = Int(description.dropFirst(mantissa.count + 1)) ?? 0
        }
        for character in mantissa.utf8 {
            if character == UInt8(ascii: ".") {
                point = digits.count
            } else {
                digits.append(character &- UInt8(ascii: "0"))
            }
        }
        let zeros = digits.prefix { $0 == 0 }.count
        return (Array(digits.dropFirst(zeros)), (point ?? digits.count) + exponent - zeros)
    }

    /// Rounds to 11 decimals, a half to the even digit.
    private static func round(_ digits: inout [UInt8], _ point: inout Int, of number: Double) {
        let kept = point + self.decimals
        guard kept < digits.count else { return }
        guard kept >= 0 else {
            digits = []
            return
        }
        let isUp: Bool
        let rest = digits[kept...]
        if rest.elementsEqual([5]) {
            switch self.compareToHalf(digits, number) {
            case 0: isUp = kept > 0 && digits[kept - 1] % 2 == 1
            case let side: isUp = side > 0
            }
        } else {
            isUp = rest.first.map { $0 >= 5 } ?? false
        }
        digits.removeSubrange(kept...)
        guard isUp else { return }
        while digits.last == 9 {
            digits.removeLast()
        }
        if let last = digits.indices.last {
            digits[last] += 1
        } else {
            digits = [1]
            point = kept == 0 ? 1 - self.decimals : point + 1
        }
    }

    /// Where the binary number lies beside its shortest digits, when these end in a 5 at the twelfth decimal: above
    /// (1), below (-1) or on it (0). Few decimal halves are binary numbers, so this decides more often than evenness.
    private static func compareToHalf(_ digits: [UInt8], _ number: Double) -> Int {
        // number = significand / 2^shift, half = decimal / 10^12; both products stay below 2^100.
        let significand = UInt128(number.significandBitPattern | (1 << 52))
        let shift = 52 - number.exponent
        let decimal = digits.reduce(UInt128(0)) { $0 * 10 + UInt128($1) }
        let exact = significand * 1_000_000_000_000
        let half = decimal << UInt128(shift)
        return exact == half ? 0 : (exact > half ? 1 : -1)
    }

    private static func padded(_ digits: ArraySlice<UInt8>, to count: Int) -> String {
        let text = String(decoding: digits.map { $0 &+ UInt8(ascii: "0") }, as: UTF8.self)
        return text + String(repeating: "0", count: max(0, count - digits.count))
    }
}
