/// Base64 (RFC 4648), read in its one canonical form only: what was signed has no second spelling.
enum Base64 {
    /// The two characters in which the alphabets differ.
    private struct Alphabet {
        let value62: UInt8
        let value63: UInt8

        static let standard = Alphabet(value62: UInt8(ascii: "+"), value63: UInt8(ascii: "/"))
        static let url = Alphabet(value62: UInt8(ascii: "-"), value63: UInt8(ascii: "_"))
    }

    /// With `-` and `_`, without padding: section 5, as RFC 7515 uses it.
    static func urlText(_ bytes: [UInt8]) -> String {
        String(decoding: self.encode(bytes, .url), as: UTF8.self)
    }

    /// With `+` and `/`, padded with `=`: section 4.
    static func text(_ bytes: [UInt8]) -> String {
        var text = self.encode(bytes, .standard)
        while text.count & 3 != 0 {
            text.append(UInt8(ascii: "="))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: `nil` for padding, for characters that are none of the alphabet, for a length that no bytes have, and
    ///   where the bits behind the last byte are not zero.
    static func bytes(urlText: UnsafeRawBufferPointer) -> [UInt8]? {
        self.decode(urlText, .url)
    }

    static func bytes(urlText: String) -> [UInt8]? {
        urlText.utf8.span.bytes.withUnsafeBytes { self.decode($0, .url) }
    }

    /// - Returns: `nil` for anything but the canonical form with its padding.
    static func bytes(text: some Sequence<UInt8>) -> [UInt8]? {
        var characters = Array(text)
        guard characters.count & 3 == 0 else { return nil }
        for _ in 0..<2 where characters.last == UInt8(ascii: "=") {
            characters.removeLast()
        }
        return characters.span.bytes.withUnsafeBytes { self.decode($0, .standard) }
    }

    private static func encode(_ bytes: [UInt8], _ alphabet: Alphabet) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 &* 4 &+ 4)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        func append(_ value: UInt32) {
            switch UInt8(truncatingIfNeeded: value & 63) {
            case let letter where letter < 26: text.append(0x41 &+ letter)
            case let letter where letter < 52: text.append(0x61 &+ (letter &- 26))
            case let digit where digit < 62: text.append(0x30 &+ (digit &- 52))
            case 62: text.append(alphabet.value62)
            default: text.append(alphabet.value63)
            }
        }
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            bitCount &+= 8
            while bitCount >= 6 {
                bitCount &-= 6
                append(bits >> bitCount)
            }
        }
        if bitCount > 0 {
            append(bits << (6 &- bitCount))
        }
        return text
    }

    private static func decode(_ text: UnsafeRawBufferPointer, _ alphabet: Alphabet) -> [UInt8]? {
        guard text.count & 3 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 &* 3 &+ 3)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for character in text {
            guard let value = self.value(of: character, alphabet) else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount &+= 6
            if bitCount >= 8 {
                bitCount &-= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
        }
        return bits & (1 << bitCount &- 1) == 0 ? bytes : nil
    }

    private static func value(of character: UInt8, _ alphabet: Alphabet) -> UInt8? {
        switch character {
        case 0x41...0x5A: character &- 0x41
        case 0x61...0x7A: character &- 0x61 &+ 26
        case 0x30...0x39: character &- 0x30 &+ 52
        case alphabet.value62: 62
        case alphabet.value63: 63
        default: nil
        }
    }
}
