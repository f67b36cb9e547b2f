/// Where datagrams go: `host[:port][ password]`, as ApMon writes it.
public struct ApMonDestination: Hashable, Sendable, CustomStringConvertible {
    /// The longest password, in bytes.
    public static let longestPassword = 80
    /// The port of a MonALISA service, unless another is named.
    public static let defaultPort: UInt16 = 8884

    /// A DNS name or an IP address, without brackets.
    public let host: String
    public let port: UInt16
    /// Goes into the header of each datagram; empty for none. Never shown.
    public let password: String

    public init(host: String, port: UInt16 = ApMonDestination.defaultPort, password: String = "") {
        self.host = host
        self.port = port
        self.password = password
    }

    /// Reads `host[:port][ password]`; an IPv6 address with a port stands in brackets.
    public init(parsing text: String) throws(ApMonError) {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let trimmed = text.drop(while: isBlank)
        let place = trimmed.prefix { !isBlank($0) }
        var password = trimmed.dropFirst(place.count).drop(while: isBlank)
        while let last = password.last, isBlank(last) {
            password = password.dropLast()
        }
        let (host, port) = try Self.hostAndPort(place, of: text)
        guard password.utf8.count <= Self.longestPassword, !password.utf8.contains(where: { $0 < 0x20 }) else {
            throw ApMonError(
                "destination \(host): the password holds a control character or is longer than "
                    + "\(Self.longestPassword) bytes")
        }
        self.init(host: host, port: port, password: String(password))
    }

    /// Without the password.
    public var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    private static func hostAndPort(_ place: Substring, of text: String) throws(ApMonError) -> (String, UInt16) {
        let host: Substring
        var portText: Substring?
        if place.first == "[" {
            let inner = place.dropFirst().prefix { $0 != "]" }
            let rest = place.dropFirst().dropFirst(inner.count)
            guard rest.first == "]", rest.count == 1 || rest.dropFirst().first == ":" else {
                throw Self.error(text)
            }
            host = inner
            portText = rest.count == 1 ? nil : rest.dropFirst(2)
        } else {
            let parts = place.split(separator: ":", omittingEmptySubsequences: false)
            // More than one colon: an IPv6 address without a port.
            host = parts.count == 2 ? parts.first ?? place : place
            portText = parts.count == 2 ? parts.last : nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }),
            Self.isIPv6(host) || place.first != "[" && !host.utf8.contains(UInt8(ascii: ":"))
        else {
            throw Self.error(text)
        }
        guard let portText else {
            return (String(host), self.defaultPort)
        }
        guard portText.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(portText), port > 0 else {
            throw ApMonError(
                "destination \"\(host)\": expected a port from 1 to 65535, found \"\(portText.prefix(20).printable)\"")
        }
        return (String(host), port)
    }

    /// Whether it looks like an IPv6 address, with or without a zone. Whether it is one, the resolver says.
    private static func isIPv6(_ host: Substring) -> Bool {
        let address = host.utf8.prefix { $0 != UInt8(ascii: "%") }
        return address.contains(UInt8(ascii: ":"))
            && address.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "A")...UInt8(ascii: "F"),
                    UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    private static func error(_ text: String) -> ApMonError {
        let shown = text.prefix { $0 != " " && $0 != "\t" }.prefix(80)
        return ApMonError("destination: expected host[:port][ password], found \"\(shown.printable)\"")
    }
}
