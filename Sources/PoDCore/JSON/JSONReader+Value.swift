extension JSONReader {
    /// How many members one object may have where it is kept: each name is compared with those before it.
    public static let mostMembers = 1024

    /// Reads a number and gives its text.
    public mutating func number() throws(JSONError) -> String {
        self.skipBlanks()
        let start = self.offset
        if self.peek == UInt8(ascii: "-") {
            self.offset &+= 1
        }
        let digits = self.skipDigits()
        guard digits > 0, digits == 1 || self.bytes[self.offset &- digits] != UInt8(ascii: "0") else {
            throw JSONError(offset: start, "expected a number")
        }
        if self.peek == UInt8(ascii: ".") {
            self.offset &+= 1
            guard self.skipDigits() > 0 else {
                throw self.error("expected a digit")
            }
        }
        if self.peek == UInt8(ascii: "e") || self.peek == UInt8(ascii: "E") {
            self.offset &+= 1
            if self.peek == UInt8(ascii: "-") || self.peek == UInt8(ascii: "+") {
                self.offset &+= 1
            }
            guard self.skipDigits() > 0 else {
                throw self.error("expected a digit")
            }
        }
        let text = UnsafeRawBufferPointer(rebasing: self.bytes[start..<self.offset])
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads any value, and checks it, without keeping it. Names that stand twice are not noticed.
    public mutating func skipValue() throws(JSONError) {
        _ = try self.value(keeps: false)
    }

    /// Reads any value.
    ///
    /// - Throws: ``JSONError`` also for a name that stands twice in one object, for more than ``mostMembers``, and for
    ///   a number that no `Double` holds.
    public mutating func value() throws(JSONError) -> JSONValue {
        try self.value(keeps: true)
    }

    private mutating func value(keeps: Bool) throws(JSONError) -> JSONValue {
        self.skipBlanks()
        switch self.peek {
        case UInt8(ascii: "{"): return try self.object(keeps: keeps)
        case UInt8(ascii: "["): return try self.array(keeps: keeps)
        case UInt8(ascii: "\""):
            let place = try self.string()
            return keeps ? .string(self.text(place)) : .null
        case UInt8(ascii: "t"): return try self.literal("true", .bool(true))
        case UInt8(ascii: "f"): return try self.literal("false", .bool(false))
        case UInt8(ascii: "n"): return try self.literal("null", .null)
        case .some(UInt8(ascii: "-")), .some(0x30...0x39): return try self.numberValue()
        case .some, nil: throw self.error("expected a value")
        }
    }

    private mutating func array(keeps: Bool) throws(JSONError) -> JSONValue {
        var elements: [JSONValue] = []
        try self.beginArray()
        while try self.nextElement() {
            let element = try self.value(keeps: keeps)
            if keeps {
                elements.append(element)
            }
        }
        return .array(elements)
    }

    private mutating func object(keeps: Bool) throws(JSONError) -> JSONValue {
        var members: [JSONValue.Member] = []
        try self.beginObject()
        while let place = try self.nextName() {
            guard keeps else {
                _ = try self.value(keeps: false)
                continue
            }
            let name = self.text(place)
            // Two members of one name are read differently by different readers: a way round a check.
            guard !members.contains(where: { $0.name == name }) else {
                throw JSONError(offset: place.start, "the name \(ValueError.quoted(name)) stands twice")
            }
            guard members.count < Self.mostMembers else {
                throw JSONError(offset: place.start, "more than \(Self.mostMembers) members")
            }
            members.append(JSONValue.Member(name: name, value: try self.value(keeps: true)))
        }
        return .object(members)
    }

    private mutating func numberValue() throws(JSONError) -> JSONValue {
        let start = self.offset
        let text = try self.number()
        if let integer = Int64(text) {
            return .integer(integer)
        }
        guard let number = Double(text), number.isFinite else {
            throw JSONError(offset: start, "the number is too large")
        }
        return .number(number)
    }

    private mutating func literal(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for byte in Array(word.utf8) {
            guard self.peek == byte else {
                throw self.error("expected \(word)")
            }
            self.offset &+= 1
        }
        return value
    }

    private mutating func skipDigits() -> Int {
        let start = self.offset
        while let byte = self.peek, byte >= 0x30, byte <= 0x39 {
            self.offset &+= 1
        }
        return self.offset &- start
    }
}
