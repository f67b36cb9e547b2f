import PoDCore

/// Values of settings, read from text.
enum SettingValue {
    /// A whole number in decimal.
    static func number(_ name: String, _ text: String, _ range: ClosedRange<Int64>) throws(ValueError) -> Int64 {
        let isDecimal = !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        guard isDecimal, let number = Int64(text), range.contains(number) else {
            throw ValueError(
                name, found: text, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number that a setting of the table has the range of.
    static func number(_ name: String, _ text: String, _ setting: Setting) throws(ValueError) -> Int64 {
        guard let number = setting.rule.canonical(text).flatMap({ Int64($0) }) else {
            throw ValueError(name, found: text, expected: setting.rule.expectation)
        }
        return number
    }

    static func share(_ text: String) throws(ValueError) -> Double {
        guard let share = Double(text), share > 0, share <= 1 else {
            throw ValueError("share", found: text, expected: "a number above 0 and at most 1")
        }
        return share
    }

    static func flag(_ name: String, _ text: String) throws(ValueError) -> Bool {
        switch text {
        case "1": return true
        case "0", "": return false
        default: throw ValueError(name, found: text, expected: "1 or 0")
        }
    }

    static func path(_ name: String, _ text: String) throws(ValueError) -> String {
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw ValueError(name, found: text, expected: "a path")
        }
        return text
    }

    /// A public key, or the thumbprint of one.
    static func key<Key>(_ name: String, _ text: String, _ read: (String) throws -> Key) throws(ValueError) -> Key {
        do {
            return try read(text)
        } catch {
            throw ValueError(name, found: text, expected: "32 bytes in base64")
        }
    }
}
