/// Reads JSON (RFC 8259) piece by piece, without making anything of what is not asked for.
///
/// The caller says what it expects next. Strings come as places in the bytes, so that a row of a large answer costs no
/// allocation. Nesting is bounded, and strings are checked to be UTF-8.
public struct JSONReader {
    /// How deep arrays and objects may be nested.
    public static let mostDepth = 32

    let bytes: UnsafeRawBufferPointer
    /// The byte that is read next.
    public internal(set) var offset = 0
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

    // MARK: - Looking ahead

    /// Whether a string comes next.
    public var isAtString: Bool { self.nextByte == UInt8(ascii: "\"") }

    /// Whether an object comes next.
    public var isAtObject: Bool { self.nextByte == UInt8(ascii: "{") }

    /// The first byte that is no blank.
    private var nextByte: UInt8? {
        var reader = self
        reader.skipBlanks()
        return reader.peek
    }

    // MARK: - Bytes

    var peek: UInt8? { self.offset < self.bytes.count ? self.bytes[self.offset] : nil }

    mutating func skipBlanks() {
        while let byte = self.peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            self.offset &+= 1
        }
    }

    func error(_ problem: String) -> JSONError {
        JSONError(offset: self.offset, problem)
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
}
