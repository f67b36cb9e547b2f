import PoDCore

/// What can stand between quotation marks in a job description.
///
/// `;`, `=`, `#`, `{`, `,` and blanks are safe there. These are not:
/// - A quotation mark or a backslash: ClassAds take `\"` for a quotation mark, JAliEn keeps both signs.
/// - A line break, since lines that begin with `#` are dropped before anything else, and other control characters.
/// - What is not ASCII: the encodings on the way are not agreed on.
/// - `$HOME`, and `$` with a digit: AliEn replaces them by the catalogue home and by the arguments of submit.
/// - In a list: an apostrophe at the end of an element, which JAliEn takes for an escape of the quotation mark; an empty
///   element, which it drops; and an element twice, of which it keeps one.
enum JDLText {
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, self.isLetter(first) else { return false }
        return name.utf8.allSatisfy { self.isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
    }

    static func check(_ text: String, of name: String) throws(SiteError) {
        let problem: String? =
            if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                "a control character"
            } else if text.utf8.contains(where: { $0 > 0x7F }) {
                "a character that is not ASCII"
            } else if text.utf8.contains(where: { "\"\\".utf8.contains($0) }) {
                "a quotation mark or a backslash"
            } else if self.isReplaced(text) {
                "$HOME or $ and a digit, which AliEn replaces"
            } else {
                nil
            }
        if let problem {
            throw self.error(name, text, problem)
        }
    }

    static func checkList(_ texts: [String], of name: String) throws(SiteError) {
        var seen: Set<String> = []
        for text in texts {
            if text.isEmpty {
                throw self.error(name, text, "no character, in a list")
            }
            if text.hasSuffix("'") {
                throw self.error(name, text, "an apostrophe at its end, in a list")
            }
            if !seen.insert(text).inserted {
                throw self.error(name, text, "a twin in its list")
            }
        }
    }

    /// An expression: its texts as above, and no `;` beside them, which would end it.
    static func checkExpression(_ expression: String, of name: String) throws(SiteError) {
        let parts = expression.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count % 2 == 1 else {
            throw self.error(name, expression, "a text without its end")
        }
        for (index, part) in parts.enumerated() {
            try self.check(String(part), of: name)
            if index % 2 == 0, part.contains(";") {
                throw self.error(name, expression, "a semicolon outside of a text")
            }
        }
        let isBlank = expression.allSatisfy { $0 == " " }
        // These would be read as a text or a list.
        if isBlank || expression.hasPrefix("\"") || expression.hasPrefix("{") || expression.hasPrefix(" ") {
            throw self.error(name, expression, "not the form of an expression")
        }
    }

    private static func isReplaced(_ text: String) -> Bool {
        text.contains("$HOME")
            || zip(text.utf8, text.utf8.dropFirst()).contains { $0 == UInt8(ascii: "$") && (0x30...0x39).contains($1) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func error(_ name: String, _ text: String, _ problem: String) -> SiteError {
        SiteError(
            .data, "JDL \(name): can't be written so that AliEn and JAliEn read it alike: \(text.quoted) has \(problem)"
        )
    }
}

extension String {
    /// In quotation marks, fit for one line.
    var quoted: String { ValueError.quoted(self) }
}
