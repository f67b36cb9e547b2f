extension RestTable {
    /// An object with the array `results`; each value is a string, numbers and times too.
    package var json: String {
        var text = "{\"results\":["
        for (index, row) in self.rows.enumerated() {
            text += index == 0 ? "\n{" : ",\n{"
            for (column, field) in zip(self.columns, row).enumerated() {
                text += column == 0 ? "\"" : ",\""
                text += field.0
                text += "\":\""
                Self.appendEscaped(field.1, to: &text)
                text += "\""
            }
            text += "}"
        }
        return text + "\n]}"
    }

    /// With `/` escaped too, and everything beyond ASCII as UTF-16 units.
    private static func appendEscaped(_ field: String, to text: inout String) {
        for scalar in field.unicodeScalars {
            switch scalar {
            case "\"", "\\", "/":
                text.unicodeScalars.append("\\")
                text.unicodeScalars.append(scalar)
            case "\t": text += "\\t"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case " "..."\u{7E}": text.unicodeScalars.append(scalar)
            default:
                for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
    }
}
