extension RestTable {
    /// A heading and one line a row, fields joined with `|`; nothing at all without rows.
    package var csv: String {
        guard !self.rows.isEmpty else { return "" }
        var text = "#" + self.columns.joined(separator: "|") + "\n"
        for row in self.rows {
            text += row.map(Self.escapedForCSV).joined(separator: "|")
            text += "\n"
        }
        return text
    }

    /// Quoted when it holds a blank, a comma or a bar, and each bar with a backslash before it. Quotes and line's ends
    /// stay as they are.
    private static func escapedForCSV(_ field: String) -> String {
        guard field.utf8.contains(where: { " ,|".utf8.contains($0) }) else { return field }
        var text = "\""
        for scalar in field.unicodeScalars {
            if scalar == "|" {
                text += "\\"
            }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }
}
