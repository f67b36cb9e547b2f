extension RestTable {
    /// One line a row, fields joined with `/`; nothing is escaped, so a `/` or a line's end in a value is ambiguous.
    package var plainText: String {
        var text = ""
        for row in self.rows {
            text += row.joined(separator: "/")
            text += "\n"
        }
        return text
    }
}
