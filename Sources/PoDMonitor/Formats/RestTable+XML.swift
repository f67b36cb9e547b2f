extension RestTable {
    /// An element `results` with the path and the service's clock, and an element `result` a row. No declaration;
    /// control characters stay, so that the text may be ill-formed, as the real service's.
    package var xml: String {
        var text = "<results metadata=\"\(Self.escapedForMarkup(self.path))\" timestamp=\"\(self.time)\">\n"
        for row in self.rows {
            text += "<result"
            for (column, field) in zip(self.columns, row) {
                text += " \(column)=\"\(Self.escapedForMarkup(field))\""
            }
            text += "/>\n"
        }
        return text + "</results>"
    }

    /// `&`, `<`, `>` and `"` as entities; nothing else.
    static func escapedForMarkup(_ field: String) -> String {
        guard field.utf8.contains(where: { "&<>\"".utf8.contains($0) }) else { return field }
        var text = ""
        for scalar in field.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
