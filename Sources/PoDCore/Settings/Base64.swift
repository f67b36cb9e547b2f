/// Base64 (RFC 4648), as far as keys in settings need it.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The standard, padded spelling of 32 bytes that are given in either alphabet, padded or not; `nil` when it is not
    /// 32 bytes. (The last digit has two bits that mean nothing: they become 0, so that one key has one spelling.)
    static func canonical32Bytes(_ text: String) -> String? {
        var digits = text.utf8[...]
        if digits.last == UInt8(ascii: "=") {
            digits.removeLast()
        }
        guard digits.count == 43 else { return nil }
        var result = ""
        var index = 0
        for byte in digits {
            guard let value = self.value(of: byte) else { return nil }
            index &+= 1
            let kept = index == 43 ? value & 0b111100 : value
            guard kept >= 0, kept < self.digits.count else { return nil }
            result.unicodeScalars.append(Unicode.Scalar(self.digits[kept]))
        }
        return result + "="
    }

    private static func value(of byte: UInt8) -> Int? {
        switch byte {
        case 0x41...0x5A: Int(byte) &- 0x41
        case 0x61...0x7A: Int(byte) &- 0x61 &+ 26
        case 0x30...0x39: Int(byte) &- 0x30 &+ 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
