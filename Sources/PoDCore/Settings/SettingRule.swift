/// What a setting's value has to be: the one place that says it, for the library, the command line and the documents.
public enum SettingRule: Hashable, Sendable {
    /// A span of time in whole seconds.
    case seconds(ClosedRange<Int64>)
    /// How many of something.
    case count(ClosedRange<Int64>)
    /// A switch. Not LDAP's Boolean, whose FALSE reaches a worker node as 1: AliEn's SOAP takes any text of that kind
    /// for true. Only the exact word turns it on.
    case yesOrNo
    /// One of these words.
    case words([String])
    /// A base URL, http or https.
    case webAddress
    /// 32 bytes in base64.
    case key
    /// The path of a file, from the root.
    case absolutePath
    /// A program by its path from the root, with arguments parted by blanks.
    case program
    /// A line for a shell.
    case shellCommand
    /// Ports from low to high.
    case portRange
    /// A CE's full name.
    case computingElement

    /// The longest value, in bytes.
    static let longestValue = 1024

    /// What is expected, as it ends a message: "a whole number of seconds from 1 to 3600".
    public var expectation: String {
        switch self {
        case .seconds(let range): "a whole number of seconds from \(range.lowerBound) to \(range.upperBound)"
        case .count(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .yesOrNo: "yes or no"
        case .words(let words): "one of " + words.joined(separator: ", ")
        case .webAddress: "http(s)://host[:port][/path]"
        case .key: "32 bytes in base64"
        case .absolutePath: "a path that begins with /"
        case .program: "the path of a program, beginning with /, and its arguments"
        case .shellCommand: "one line for a shell"
        case .portRange: "ports as LOW-HIGH, from 1 to 65535"
        case .computingElement: "a CE as VO::Site::Name"
        }
    }

    /// The unit, for people; empty where there is none.
    public var unit: String {
        switch self {
        case .seconds: "s"
        case .count, .yesOrNo, .words, .webAddress, .key, .absolutePath, .program, .shellCommand, .portRange,
            .computingElement:
            ""
        }
    }

    /// Whether values are whole numbers.
    public var isNumeric: Bool {
        switch self {
        case .seconds, .count: true
        case .yesOrNo, .words, .webAddress, .key, .absolutePath, .program, .shellCommand, .portRange,
            .computingElement:
            false
        }
    }

    /// The one spelling of a value: numbers without leading zeros, keys in padded standard base64, URLs without a slash
    /// at the end.
    ///
    /// - Returns: `nil` when the text is no such value.
    public func canonical(_ text: String) -> String? {
        guard !text.isEmpty, text.utf8.count <= Self.longestValue else { return nil }
        switch self {
        case .seconds(let range), .count(let range): return Self.number(text, in: range)
        case .yesOrNo: return text == "yes" || text == "no" ? text : nil
        case .words(let words): return words.contains(text) ? text : nil
        case .webAddress: return WebAddress.canonical(text)
        case .key: return Base64.canonical32Bytes(text)
        case .absolutePath: return Self.isPath(text) ? text : nil
        case .program: return Self.isPath(text) && !text.hasSuffix("/") ? text : nil
        case .shellCommand: return Self.isOneLine(text) ? text : nil
        case .portRange: return PortSpan(parsing: text)?.description
        case .computingElement: return Self.isComputingElement(text) ? text : nil
        }
    }

    private static func number(_ text: String, in range: ClosedRange<Int64>) -> String? {
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(text), range.contains(number)
        else {
            return nil
        }
        return String(number)
    }

    private static func isOneLine(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && !(0x80...0x9F ~= $0.value) }
            && text.utf8.contains { $0 != 0x20 }
    }

    private static func isPath(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "/") && text.utf8.count > 1 && self.isOneLine(text)
    }

    private static func isComputingElement(_ text: String) -> Bool {
        let colons = text.split(separator: ":", omittingEmptySubsequences: false)
        guard colons.count == 5, colons.dropFirst().first?.isEmpty == true, colons.dropFirst(3).first?.isEmpty == true
        else { return false }
        return [colons.first, colons.dropFirst(2).first, colons.last].allSatisfy { part in
            guard let part, !part.isEmpty else { return false }
            return part.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-_.".utf8.contains(byte)
                }
            }
        }
    }
}
