import PoDCore

extension JDL {
    /// Reads a job description: one of our templates, or a user's. Lines that begin with `#` are comments; the last
    /// semicolon may be missing.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/data``, which names the line, for what is malformed, for an attribute
    ///   that stands twice, and for a value that could not be written.
    public init(parsing text: String) throws(SiteError) {
        self.init()
        var reader = JDLReader(text)
        while let (name, value, line) = try reader.next() {
            guard self[name] == nil else {
                throw SiteError(.data, "JDL line \(line): \(name) stands twice")
            }
            do throws(SiteError) {
                try self.set(name, value)
            } catch {
                throw SiteError(.data, "JDL line \(line): \(error)")
            }
        }
    }
}

/// Takes a text apart, attribute by attribute.
private struct JDLReader {
    private var rest: Substring
    private var line = 1

    init(_ text: String) {
        // Comments leave their line behind, so that lines count.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        self.rest = Substring(lines.map { $0.hasPrefix("#") ? "" : String($0) }.joined(separator: "\n"))
    }

    mutating func next() throws(SiteError) -> (name: String, value: JDLValue, line: Int)? {
        self.skipBlanks()
        guard !self.rest.isEmpty else { return nil }
        let line = self.line
        let name = self.take { $0.isLetter || $0.isNumber || $0 == "_" }
        self.skipBlanks()
        guard !name.isEmpty, self.rest.first == "=" else {
            throw self.error("expected Name = value;, found \(self.found)")
        }
        self.drop()
        self.skipBlanks()
        let value = try self.value(of: name)
        self.skipBlanks()
        guard self.rest.isEmpty || self.rest.first == ";" else {
            throw self.error("\(name): expected ; after its value, found \(self.found)")
        }
        self.drop()
        return (name, value, line)
    }

    private mutating func value(of name: String) throws(SiteError) -> JDLValue {
        switch self.rest.first {
        case "\"": return .text(try self.text(of: name))
        case "{": return .list(try self.list(of: name))
        default: return try self.expression(of: name)
        }
    }

    private mutating func text(of name: String) throws(SiteError) -> String {
        self.drop()
        let text = self.take { $0 != "\"" && !$0.isNewline }
        guard self.rest.first == "\"" else {
            throw self.error("\(name): a text without its end")
        }
        self.drop()
        return text
    }

    private mutating func list(of name: String) throws(SiteError) -> [String] {
        self.drop()
        var texts: [String] = []
        self.skipBlanks()
        while self.rest.first == "\"" {
            texts.append(try self.text(of: name))
            self.skipBlanks()
            guard self.rest.first == "," else { break }
            self.drop()
            self.skipBlanks()
            guard self.rest.first == "\"" else {
                throw self.error("\(name): expected a text after a comma, found \(self.found)")
            }
        }
        guard self.rest.first == "}" else {
            throw self.error("\(name): expected a list of texts, ended by }, found \(self.found)")
        }
        self.drop()
        return texts
    }

    private mutating func expression(of name: String) throws(SiteError) -> JDLValue {
        var expression = ""
        while let character = self.rest.first, character != ";" {
            if character == "\"" {
                expression += "\"\(try self.text(of: name))\""
            } else {
                expression += character.isWhitespace ? " " : String(character)
                self.drop()
            }
        }
        while expression.hasSuffix(" ") {
            expression.removeLast()
        }
        return Int64(expression).map { .number($0) } ?? .expression(expression)
    }

    // MARK: - Characters

    private var found: String { self.rest.isEmpty ? "the end" : String(self.rest.prefix(20)).quoted }

    private mutating func drop() {
        self.line += self.rest.first?.isNewline == true ? 1 : 0
        self.rest = self.rest.dropFirst()
    }

    private mutating func take(while isWanted: (Character) -> Bool) -> String {
        let taken = self.rest.prefix(while: isWanted)
        self.rest = self.rest.dropFirst(taken.count)
        return String(taken)
    }

    private mutating func skipBlanks() {
        while self.rest.first?.isWhitespace == true {
            self.drop()
        }
    }

    private func error(_ problem: String) -> SiteError {
        SiteError(.data, "JDL line \(self.line): \(problem)")
    }
}
