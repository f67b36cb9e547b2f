import PoDCore

/// Values as short text for people.
package enum PrintableText {
    /// Text from elsewhere on one line of a terminal: what could move the cursor or hide something is escaped.
    package static func line(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                result += scalar.escaped(asASCII: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Such as `45s`, `12m`, `3h05m`, `2d04h`.
    package static func span(seconds: Int64) -> String {
        let seconds = max(0, seconds)
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400)
        if seconds < 60 { return "\(seconds)s" }
        if minutes < 60 { return "\(minutes)m" }
        if hours < 48 { return "\(hours)h\(self.twoDigits(minutes % 60))m" }
        return "\(days)d\(self.twoDigits(hours % 24))h"
    }

    /// Such as `512 KiB`, `1.5 GiB`.
    package static func size(_ bytes: Int64) -> String {
        var (value, unit) = (Double(max(0, bytes)), 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while value >= 1024, unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        return value < 10 && unit > 0 ? "\(self.decimal(value)) \(units[unit])" : "\(Int(value)) \(units[unit])"
    }

    /// With one decimal; what is too large for that, as it is.
    package static func decimal(_ number: Double) -> String {
        guard abs(number) < 1e9 else { return "\(number)" }
        let tenths = Int((number * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }
}
