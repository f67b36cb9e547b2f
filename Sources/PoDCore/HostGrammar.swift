/// The grammar of hosts: RFC 1123 names of at most 253 characters, dotted IPv4, and IPv6 as RFC 4291 writes it
/// (without a zone, which means nothing on another host).
enum HostGrammar {
    enum Kind {
        case name, ipv4, bareIPv6, bracketedIPv6
    }

    static let longestName = 253

    /// - Returns: What kind of host `text` is, or `nil` when it is none.
    static func kind(of text: Span<UInt8>) -> Kind? {
        guard text.count > 0, text.count <= self.longestName else { return nil }
        if text[0] == UInt8(ascii: "[") {
            guard text.count > 2, text[text.count &- 1] == UInt8(ascii: "]") else { return nil }
            let inner = text.extracting(droppingFirst: 1).extracting(first: text.count &- 2)
            return self.isIPv6(inner) ? .bracketedIPv6 : nil
        }
        var hasColon = false
        var lastLabelStart = 0
        for index in text.indices {
            hasColon = hasColon || text[index] == UInt8(ascii: ":")
            if text[index] == UInt8(ascii: ".") {
                lastLabelStart = index &+ 1
            }
        }
        if hasColon {
            return self.isIPv6(text) ? .bareIPv6 : nil
        }
        // No top-level domain is a number, so that a mistyped IPv4 address never passes for a name.
        if self.isNumber(text.extracting(droppingFirst: lastLabelStart)) {
            return self.isIPv4(text) ? .ipv4 : nil
        }
        return self.isName(text) ? .name : nil
    }

    /// Whether `inet_aton`, and so `getaddrinfo`, might take the label for a number: it reads `0x7f000001` as 127.0.0.1.
    private static func isNumber(_ label: Span<UInt8>) -> Bool {
        let isHexadecimal = label.count >= 2 && label[0] == 0x30 && label[1] | 0x20 == UInt8(ascii: "x")
        let digits = label.extracting(droppingFirst: isHexadecimal ? 2 : 0)
        for index in digits.indices {
            switch digits[index] {
            case 0x30...0x39: break
            case 0x41...0x46 where isHexadecimal, 0x61...0x66 where isHexadecimal: break
            default: return false
            }
        }
        return true
    }

    private static func isName(_ text: Span<UInt8>) -> Bool {
        var labelCount = 0
        var previous = UInt8(ascii: ".")
        for index in text.indices {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "."):
                guard labelCount > 0, previous != UInt8(ascii: "-") else { return false }
                labelCount = 0
            case UInt8(ascii: "-"):
                guard labelCount > 0 else { return false }
                labelCount &+= 1
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A:
                labelCount &+= 1
            default:
                return false
            }
            guard labelCount <= 63 else { return false }
            previous = byte
        }
        return labelCount > 0 && previous != UInt8(ascii: "-")
    }

    private static func isIPv4(_ text: Span<UInt8>) -> Bool {
        var octets = 0
        var digits = 0
        var value = 0
        for index in text.indices {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                guard digits > 0 else { return false }
                octets &+= 1
                digits = 0
                value = 0
                continue
            }
            let digit = Int(byte) &- 0x30
            guard digit >= 0, digit <= 9, !(digits > 0 && value == 0) else { return false }
            value = value &* 10 &+ digit
            digits &+= 1
            guard value <= 255 else { return false }
        }
        return octets == 3 && digits > 0
    }

    private static func isIPv6(_ text: Span<UInt8>) -> Bool {
        var groups = 0
        var digits = 0
        var groupStart = 0
        var isShortened = false
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: ":") {
                let isDouble = index &+ 1 < text.count && text[index &+ 1] == UInt8(ascii: ":")
                guard digits > 0 || isDouble else { return false }
                groups &+= digits > 0 ? 1 : 0
                if isDouble {
                    guard !isShortened else { return false }
                    isShortened = true
                    index &+= 1
                } else if index &+ 1 == text.count {
                    return false
                }
                digits = 0
                groupStart = index &+ 1
            } else if byte == UInt8(ascii: ".") {
                guard groups <= 6, self.isIPv4(text.extracting(droppingFirst: groupStart)) else { return false }
                groups &+= 2
                return isShortened ? groups <= 7 : groups == 8
            } else {
                switch byte {
                case 0x30...0x39, 0x41...0x46, 0x61...0x66: digits &+= 1
                default: return false
                }
                guard digits <= 4 else { return false }
            }
            index &+= 1
        }
        groups &+= digits > 0 ? 1 : 0
        return isShortened ? groups <= 7 : groups == 8
    }
}

extension String {
    /// The text of at most the first 200 bytes, for an error message: what is no UTF-8 becomes U+FFFD.
    init(decodingForMessage bytes: Span<UInt8>) {
        let start = bytes.extracting(first: 200)
        self = start.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
