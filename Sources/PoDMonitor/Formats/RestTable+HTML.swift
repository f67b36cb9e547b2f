extension RestTable {
    /// A table, one tag a line. Without rows there is no head, and `tbody` is closed but not opened.
    package var html: String {
        var text = "<table metadata=\"\(Self.escapedForMarkup(self.path))\" timestamp=\"\(self.time)\">\n"
        if !self.rows.isEmpty {
            text += "<thead>\n<tr>\n"
            for column in self.columns {
                text += "<th>\(column)</th>\n"
            }
            text += "</tr>\n</thead>\n<tbody>"
        }
        for row in self.rows {
            text += "\n<tr>"
            for field in row {
                text += "\n<td>\(Self.escapedForMarkup(field))</td>"
            }
            text += "\n</tr>"
        }
        return text + "\n</tbody>\n</table>"
    }
}
