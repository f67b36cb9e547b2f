import PoDCore

/// The members of a JSON object that was signed, each asked for by what it has to be.
///
/// Members that nobody asks for are ignored, as RFC 7519, section 4, wants it; a name that stands twice is refused.
struct ClaimSet {
    /// For messages: what the object belongs to.
    let owner: String
    private let json: JSONValue

    init(parsing bytes: [UInt8], of owner: String) throws(TicketError) {
        do throws(JSONError) {
            self.json = try JSONValue(parsing: bytes)
        } catch {
            throw TicketError(.malformed, "\(owner): \(error)")
        }
        guard self.json.members != nil else {
            throw TicketError(.malformed, "\(owner): expected a JSON object")
        }
        self.owner = owner
    }

    subscript(name: String) -> JSONValue? { self.json[name] }

    /// What was found at a name, for a message.
    func shown(_ name: String) -> String {
        switch self.json[name] {
        case nil: "nothing"
        case .string(let text): ValueError.quoted(text)
        case .some(let value): ValueError.quoted(value.text)
        }
    }

    func error(_ name: String, expected: String) -> TicketError {
        TicketError(.malformed, "\(self.owner): \(name): expected \(expected), found \(self.shown(name))")
    }

    func text(_ name: String) throws(TicketError) -> String {
        guard let text = self.json[name]?.string else {
            throw self.error(name, expected: "a string")
        }
        return text
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws(TicketError) -> Int64 {
        guard let number = self.json[name]?.integer, range.contains(number) else {
            throw self.error(name, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func date(_ name: String) throws(TicketError) -> NumericDate {
        guard let date = self.json[name].flatMap({ NumericDate($0) }) else {
            throw self.error(name, expected: "seconds since 1970, to the year 9999 at the latest")
        }
        return date
    }

    /// Makes something of a member, and names the member where that fails.
    func value<Value>(_ name: String, _ read: () throws(ValueError) -> Value) throws(TicketError) -> Value {
        do throws(ValueError) {
            return try read()
        } catch {
            throw TicketError(.malformed, "\(self.owner): \(name): \(error)")
        }
    }
}
