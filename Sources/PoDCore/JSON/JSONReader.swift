/// Reads JSON (RFC 8259) piece by piece, without making anything of what is not asked for.
///
/// The caller says what it expects next. Strings come as places in the bytes, so that a row of a large answer costs no
/// allocation. Nesting is bounded, and strings are checked to be UTF-8.
public struct JSONReader {
    /// How deep arrays and objects may be nested.
    public static let mostDepth = 32

    /// A string, as its place between the quotation marks.
    public struct StringPlace: Hashable, Sendable {
        public let start: Int
        public let count: Int
        /// Whether the bytes are not yet the text.
        public let hasEscapes: Bool
    }

    private let bytes: UnsafeRawBufferPointer
    /// The byte that is read next.
    public private(set) var offset = 0
    private var depth = 0
    private var isAtFirst = false

    /// - Parameter bytes: Must stay valid while the reader is used.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    // MARK: - Containers

    public mutating func beginObject() throws(JSONError) {
        try self.begin(UInt8(ascii: "{"), "an object")
    }

    public mutating func beginArray() throws(JSONError) {
        try self.begin(UInt8(ascii: "["), "an array")
    }

    /// Reads the name of the next member of an object and its colon.
    ///
    /// - Returns: `nil` at the end of the object, which is read too.
    public mutating func nextName() throws(JSONError) -> StringPlace? {
        guard try self.hasNext(before: UInt8(ascii: "}")) else { return nil }
        let name = try self.string()
        self.skipBlanks()
        guard self.peek == UInt8(ascii: ":") else {
            throw self.error("expected ':'")
        }
        self.offset &+= 1
        return name
    }

    /// Whether an array has another element, which is read next. At its end, reads that.
    public mutating func nextElement() throws(JSONError) -> Bool {
        try self.hasNext(before: UInt8(ascii: "]"))
    }

    /// Makes sure that nothing but blanks is left.
    public mutating func end() throws(JSONError) {
        self.skipBlanks()
        guard self.offset >= self.bytes.count else {
            throw self.error("expected nothing more")
        }
    }

    // MARK: - Values

    /// Whether a string comes next.
    public var isAtString: Bool { self.nextByte == UInt8(ascii: "\"") }

    /// Whether an object comes next.
    public var isAtObject: Bool { self.nextByte == UInt8(ascii: "{") }

    public mutating func string() throws(JSONError) -> StringPlace {
        self.skipBlanks()
        guard self.peek == UInt8(ascii: "\"") else {
            throw self.error("expected a string")
        }
        let start = self.offset &+ 1
        var index = start
        var hasEscapes = false
        var isASCII = true
        while index < self.bytes.count {
            let byte = self.bytes[index]
            if byte == UInt8(ascii: "\"") {
                self.offset = index &+ 1
                if !isASCII {
                    try self.checkUTF8(start, index &- start)
                }
                return StringPlace(start: start, count: index &- start, hasEscapes: hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index = try self.endOfEscape(at: index)
                continue
            }
            guard byte >= 0x20 else {
                throw JSONError(offset: index, "control character in a string")
            }
            isASCII = isASCII && byte < 0x80
            index &+= 1
        }
        throw JSONError(offset: self.bytes.count, "the string has no end")
    }

    /// The text of a string, in memory of its own.
    public func text(_ place: StringPlace) -> String {
        var text: [UInt8] = []
        self.appendText(of: place, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether a string is `text`, which must hold no character that JSON would escape.
    public func isEqual(_ place: StringPlace, _ text: StaticString) -> Bool {
        guard !place.hasEscapes, place.count == text.utf8CodeUnitCount, text.hasPointerRepresentation else {
            return false
        }
        for index in 0..<place.count where self.bytes[place.start &+ index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// Appends the text of a string as UTF-8, with escapes replaced.
    public func appendText(of place: StringPlace, to text: inout [UInt8]) {
        var index = place.start
        let end = place.start &+ place.count
        while index < end {
            let byte = self.bytes[index]
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                index &+= 1
                continue
            }
            index &+= 2
            switch self.bytes[index &- 1] {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                let (scalar, length) = self.unicodeEscape(at: index)
                index &+= length
                text.append(contentsOf: String(scalar).utf8)
            case let plain: text.append(plain)
            }
        }
    }

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

    /// Reads any value, and checks it, without keeping it.
    public mutating func skipValue() throws(JSONError) {
        _ = try self.value(keeps: false)
    }

    /// Reads any value.
    public mutating func value() throws(JSONError) -> JSONValue {
        try self.value(keeps: true)
    }

    private mutating func value(keeps: Bool) throws(JSONError) -> JSONValue {
        self.skipBlanks()
        switch self.peek {
        case UInt8(ascii: "{"): return try self.object(keeps: keeps)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try self.beginArray()
            while try self.nextElement() {
                let element = try self.value(keeps: keeps)
                if keeps {
                    elements.append(element)
                }
            }
            return .array(elements)
        case UInt8(ascii: "\""):
            let place = try self.string()
            return keeps ? .string(self.text(place)) : .null
        case UInt8(ascii: "t"): return try self.literal("true", .bool(true))
        case UInt8(ascii: "f"): return try self.literal("false", .bool(false))
        case UInt8(ascii: "n"): return try self.literal("null", .null)
        default:
            let text = try self.number()
            return Int64(text).map { .integer($0) } ?? .number(Double(text) ?? .nan)
        }
    }

    private mutating func object(keeps: Bool) throws(JSONError) -> JSONValue {
        var members: [JSONValue.Member] = []
        try self.beginObject()
        while let place = try self.nextName() {
            let name = self.text(place)
            // Two members of one name are read differently by different readers: a way round a check.
            guard !members.contains(where: { $0.name == name }) else {
                throw JSONError(offset: place.start, "the name \(ValueError.quoted(name)) stands twice")
            }
            let value = try self.value(keeps: keeps)
            if keeps {
                members.append(JSONValue.Member(name: name, value: value))
            }
        }
        return .object(members)
    }

    // MARK: - Bytes

    private var peek: UInt8? { self.offset < self.bytes.count ? self.bytes[self.offset] : nil }

    /// The first byte that is no blank.
    private var nextByte: UInt8? {
        var reader = self
        reader.skipBlanks()
        return reader.peek
    }

    private mutating func skipBlanks() {
        while let byte = self.peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            self.offset &+= 1
        }
    }

    private mutating func skipDigits() -> Int {
        let start = self.offset
        while let byte = self.peek, byte >= 0x30, byte <= 0x39 {
            self.offset &+= 1
        }
        return self.offset &- start
    }

    private mutating func begin(_ bracket: UInt8, _ what: String) throws(JSONError) {
        self.skipBlanks()
        guard self.peek == bracket else {
            throw self.error("expected \(what)")
        }
        guard self.depth < Self.mostDepth else {
            throw self.error("nested deeper than \(Self.mostDepth)")
        }
        self.offset &+= 1
        self.depth &+= 1
        self.isAtFirst = true
    }

    private mutating func hasNext(before bracket: UInt8) throws(JSONError) -> Bool {
        self.skipBlanks()
        if self.peek == bracket {
            self.offset &+= 1
            self.depth &-= 1
            self.isAtFirst = false
            return false
        }
        if self.isAtFirst {
            self.isAtFirst = false
            return true
        }
        guard self.peek == UInt8(ascii: ",") else {
            throw self.error(self.peek == nil ? "the text has no end" : "expected ',' or the end")
        }
        self.offset &+= 1
        self.skipBlanks()
        guard self.peek != bracket else {
            throw self.error("expected another after ','")
        }
        return true
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

    /// - Returns: Where the bytes after the escape begin.
    private func endOfEscape(at index: Int) throws(JSONError) -> Int {
        guard index &+ 1 < self.bytes.count else {
            throw JSONError(offset: index, "the string has no end")
        }
        switch self.bytes[index &+ 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
            return index &+ 2
        case UInt8(ascii: "u"):
            guard let unit = self.hexadecimal(at: index &+ 2) else {
                throw JSONError(offset: index, "expected four hexadecimal digits after \\u")
            }
            guard unit & 0xF800 == 0xD800 else { return index &+ 6 }
            guard unit < 0xDC00, index &+ 7 < self.bytes.count, self.bytes[index &+ 6] == UInt8(ascii: "\\"),
                self.bytes[index &+ 7] == UInt8(ascii: "u"), let low = self.hexadecimal(at: index &+ 8),
                low & 0xFC00 == 0xDC00
            else {
                throw JSONError(offset: index, "half of a surrogate pair")
            }
            return index &+ 12
        default:
            throw JSONError(offset: index, "unknown escape")
        }
    }

    /// The character of an escape that was checked before, and how many bytes after its `\u` it takes.
    private func unicodeEscape(at index: Int) -> (Unicode.Scalar, Int) {
        let unit = self.hexadecimal(at: index) ?? 0xFFFD
        guard unit & 0xF800 == 0xD800, let low = self.hexadecimal(at: index &+ 6) else {
            return (Unicode.Scalar(unit) ?? "\u{FFFD}", 4)
        }
        let scalar = 0x10000 &+ (unit & 0x3FF) << 10 &+ (low & 0x3FF)
        return (Unicode.Scalar(scalar) ?? "\u{FFFD}", 10)
    }

    private func hexadecimal(at index: Int) -> UInt32? {
        guard index &+ 4 <= self.bytes.count else { return nil }
        var unit: UInt32 = 0
        for place in 0..<4 {
            let byte = self.bytes[index &+ place]
            switch byte {
            case 0x30...0x39: unit = unit << 4 | UInt32(byte &- 0x30)
            case 0x41...0x46: unit = unit << 4 | UInt32(byte &- 0x37)
            case 0x61...0x66: unit = unit << 4 | UInt32(byte &- 0x57)
            default: return nil
            }
        }
        return unit
    }

    private func checkUTF8(_ start: Int, _ count: Int) throws(JSONError) {
        let text = UnsafeRawBufferPointer(rebasing: self.bytes[start..<(start &+ count)])
        guard String(validating: text, as: UTF8.self) != nil else {
            throw JSONError(offset: start, "the string is not UTF-8")
        }
    }

    private func error(_ problem: String) -> JSONError {
        JSONError(offset: self.offset, problem)
    }
}
