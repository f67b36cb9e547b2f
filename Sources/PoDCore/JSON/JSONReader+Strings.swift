extension JSONReader {
    /// A string, as its place between the quotation marks.
    public struct StringPlace: Hashable, Sendable {
        public let start: Int
        public let count: Int
        /// Whether the bytes are not yet the text.
        public let hasEscapes: Bool
    }

    /// A string whose end is known, so that reading can go on behind it, whatever stands inside.
    public enum StringReading: Hashable, Sendable {
        case text(StringPlace)
        /// What is inside is no text: an unknown escape, half of a surrogate pair, a control character, or no UTF-8.
        case defect(JSONError)
    }

    public mutating func string() throws(JSONError) -> StringPlace {
        if let place = try self.plainString() {
            return place
        }
        switch try self.unusualString() {
        case .text(let place): return place
        case .defect(let error): throw error
        }
    }

    /// Reads a string, and throws only where there is none or it has no end.
    public mutating func stringOrDefect() throws(JSONError) -> StringReading {
        if let place = try self.plainString() {
            return .text(place)
        }
        return try self.unusualString()
    }

    /// Reads a string of plain ASCII, as most are.
    ///
    /// - Returns: `nil` for any other string, of which nothing is read then.
    private mutating func plainString() throws(JSONError) -> StringPlace? {
        self.skipBlanks()
        guard self.peek == UInt8(ascii: "\"") else {
            throw self.error("expected a string")
        }
        let start = self.offset &+ 1
        let end = self.endOfPlainText(from: start)
        guard end < self.bytes.count, self.bytes[end] == UInt8(ascii: "\"") else { return nil }
        self.offset = end &+ 1
        return StringPlace(start: start, count: end &- start, hasEscapes: false)
    }

    /// Reads any string; its first quotation mark comes next.
    private mutating func unusualString() throws(JSONError) -> StringReading {
        let start = self.offset &+ 1
        var index = start
        var hasEscapes = false
        var isASCII = true
        var defect: JSONError?
        while true {
            index = self.endOfPlainText(from: index)
            guard index < self.bytes.count else {
                throw JSONError(offset: self.bytes.count, "the string has no end")
            }
            switch self.bytes[index] {
            case UInt8(ascii: "\""):
                self.offset = index &+ 1
                let count = index &- start
                if defect == nil, !isASCII, !self.isUTF8(start, count) {
                    defect = JSONError(offset: start, "the string is not UTF-8")
                }
                if let defect {
                    return .defect(defect)
                }
                return .text(StringPlace(start: start, count: count, hasEscapes: hasEscapes))
            case UInt8(ascii: "\\"):
                hasEscapes = true
                do throws(JSONError) {
                    index = try self.endOfEscape(at: index)
                } catch {
                    defect = defect ?? error
                    index &+= 2
                }
            case 0x80...0xFF:
                isASCII = false
                index &+= 1
            default:
                defect = defect ?? JSONError(offset: index, "control character in a string")
                index &+= 1
            }
        }
    }

    /// The text of a string, in memory of its own.
    public func text(_ place: StringPlace) -> String {
        guard place.hasEscapes else {
            return String(decoding: self.rawBytes(of: place), as: UTF8.self)
        }
        var text: [UInt8] = []
        self.appendText(of: place, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes between the quotation marks, escapes and all; valid as long as those of the reader.
    public func rawBytes(of place: StringPlace) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self.bytes[place.start..<(place.start &+ place.count)])
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

    /// The first byte from `index` on that is no plain ASCII character of a string; the end where all are.
    ///
    /// Eight bytes at a time. Each of the three tests sets the high bit of the first byte it is for; those after it
    /// may be set wrongly by a borrow, so only the first one counts.
    private func endOfPlainText(from index: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        var index = index
        while index &+ 8 <= self.bytes.count {
            let word = UInt64(littleEndian: self.bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            let found =
                (((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
                    | ((word &- ones &* 0x20) & ~word) | word) & highBits
            guard found == 0 else {
                return index &+ found.trailingZeroBitCount >> 3
            }
            index &+= 8
        }
        while index < self.bytes.count {
            let byte = self.bytes[index]
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else {
                return index
            }
            index &+= 1
        }
        return index
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

    private func isUTF8(_ start: Int, _ count: Int) -> Bool {
        let text = UnsafeRawBufferPointer(rebasing: self.bytes[start..<(start &+ count)])
        return String(validating: text, as: UTF8.self) != nil
    }
}
