/// Where workers connect: `host:port`, with the host a DNS name, an IPv4 address, or an IPv6 address in brackets.
///
/// What stands in an advertisement comes from an open UDP port, and ends up in files and command lines: nothing but
/// these grammars is let through.
public struct Address: Hashable, Sendable, CustomStringConvertible {
    /// A DNS name, an IPv4 address, or an IPv6 address without its brackets.
    public let host: String
    /// 1 to 65535.
    public let port: UInt16

    /// - Parameter host: A DNS name or an IP address; an IPv6 address with or without brackets.
    public init(host: some StringProtocol, port: Int) throws(ValueError) {
        let name = String(host)
        guard let kind = HostGrammar.kind(of: name.utf8.span) else {
            throw ValueError("host", found: host, expected: "a DNS name, an IPv4 or an IPv6 address")
        }
        guard let port = UInt16(exactly: port), port > 0 else {
            throw ValueError("port", found: String(port), expected: "a number from 1 to 65535")
        }
        self.host = kind == .bracketedIPv6 ? String(name.dropFirst().dropLast()) : name
        self.port = port
    }

    /// Reads `host:port` or `[IPv6]:port`.
    public init(parsing text: some StringProtocol) throws(ValueError) {
        let text = String(text)
        let layout = try AddressLayout(parsing: text.utf8.span)
        let bytes = text.utf8.dropFirst(layout.hostStart).prefix(layout.hostCount)
        guard let host = String(validating: bytes, as: UTF8.self) else {
            throw ValueError("address", found: text, expected: AddressLayout.expectation)
        }
        self.host = host
        self.port = layout.port
    }

    /// Whether the host is an IPv6 address, which stands in brackets before a port.
    public var isIPv6: Bool { self.host.utf8.contains(UInt8(ascii: ":")) }

    /// `host:port`, with brackets around an IPv6 address.
    public var description: String {
        self.isIPv6 ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}

/// Where host and port stand in the bytes of a `host:port` text, found without making a string of it.
public struct AddressLayout: Hashable, Sendable {
    /// The index of the host's first byte: 1 for a bracketed IPv6 address, else 0.
    public let hostStart: Int
    public let hostCount: Int
    public let port: UInt16

    static let expectation = "host:port with a DNS name, an IPv4 address or [IPv6], and a port from 1 to 65535"

    public init(parsing text: Span<UInt8>) throws(ValueError) {
        var colon = -1
        for index in text.indices where text[index] == UInt8(ascii: ":") {
            colon = index
        }
        guard colon > 0, text.count <= HostGrammar.longestName &+ 8 else {
            throw Self.error(text)
        }
        var port = 0
        let digits = text.extracting(droppingFirst: colon &+ 1)
        guard digits.count > 0, digits.count <= 5 else {
            throw Self.error(text)
        }
        for index in digits.indices {
            let digit = Int(digits[index]) &- 0x30
            guard digit >= 0, digit <= 9, !(index == 0 && digit == 0) else {
                throw Self.error(text)
            }
            port = port &* 10 &+ digit
        }
        guard port <= 65535, let kind = HostGrammar.kind(of: text.extracting(first: colon)), kind != .bareIPv6 else {
            throw Self.error(text)
        }
        self.hostStart = kind == .bracketedIPv6 ? 1 : 0
        self.hostCount = kind == .bracketedIPv6 ? colon &- 2 : colon
        self.port = UInt16(truncatingIfNeeded: port)
    }

    private static func error(_ text: Span<UInt8>) -> ValueError {
        ValueError("Address", found: String(decodingForMessage: text), expected: self.expectation)
    }
}
