import PoDCore

/// A job description in AliEn's language: `Name = value;`, one attribute after the other, names in any case.
///
/// Two programs read it and differ: AliEn (branches v2-19 to master) through Condor's ClassAds after some textual
/// replacements, and JAliEn with code of its own. What both read alike can be written, and nothing else: see
/// ``JDLText``.
public struct JDL: Hashable, Sendable {
    public struct Attribute: Hashable, Sendable {
        public let name: String
        public let value: JDLValue
    }

    /// In the order in which they stand.
    public private(set) var attributes: [Attribute] = []

    public init() {}

    /// The value of an attribute, by its name in any case.
    public subscript(name: String) -> JDLValue? {
        self.index(of: name).map { self.attributes[$0].value }
    }

    /// Sets an attribute, in its place where there is one of this name, else at the end.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/data`` for a name that is none or a value that can't be quoted.
    public mutating func set(_ name: String, _ value: JDLValue) throws(SiteError) {
        guard JDLText.isName(name) else {
            throw SiteError(.data, "JDL attribute: expected a letter, then letters, digits and _, found \(name.quoted)")
        }
        try value.check(name)
        let attribute = Attribute(name: name, value: value)
        if let index = self.index(of: name) {
            self.attributes[index] = attribute
        } else {
            self.attributes.append(attribute)
        }
    }

    /// The text, with a line for each attribute and for each element of a list.
    public var text: String {
        self.attributes.map { "\($0.name) = \($0.value.text);\n" }.joined()
    }

    private func index(of name: String) -> Int? {
        let wanted = name.lowercased()
        return self.attributes.firstIndex { $0.name.lowercased() == wanted }
    }
}

/// A value in a job description.
public enum JDLValue: Hashable, Sendable {
    /// `"…"`.
    case text(String)
    case number(Int64)
    /// `{"…", "…"}`.
    case list([String])
    /// Anything else, such as `other.CE == "VO::Site::Name"`, as it stands.
    case expression(String)

    var text: String {
        switch self {
        case .text(let text): "\"\(text)\""
        case .number(let number): String(number)
        case .list(let texts):
            texts.count < 2
                ? "{" + texts.map { "\"\($0)\"" }.joined() + "}"
                : "{\n" + texts.map { "    \"\($0)\"" }.joined(separator: ",\n") + "\n}"
        case .expression(let expression): expression
        }
    }

    func check(_ name: String) throws(SiteError) {
        switch self {
        case .number: break
        case .text(let text):
            try JDLText.check(text, of: name)
        case .list(let texts):
            for text in texts {
                try JDLText.check(text, of: name)
            }
            try JDLText.checkList(texts, of: name)
        case .expression(let expression):
            try JDLText.checkExpression(expression, of: name)
        }
    }
}
