/// Where to listen: `HOST:PORT`, with brackets around an IPv6 address.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an IP address, without brackets.
    public let host: String
    /// 0 for any free one.
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`.
    ///
    /// - Throws: ``MonitorError`` that shows the text and what was expected.
    public init(parsing text: String) throws(MonitorError) {
        guard let colon = text.lastIndex(of: ":") else { throw Self.error(text) }
        var host = text[..<colon]
        let port = text[text.index(after: colon)...]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { throw Self.error(text) }
        } else if host.contains(":") {
            throw Self.error(text)
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/[]".utf8.contains($0) }),
            !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port)
        else {
            throw Self.error(text)
        }
        self.init(host: String(host), port: number)
    }

    public var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    private static func error(_ text: String) -> MonitorError {
        let shown = text.unicodeScalars.prefix(80).map { $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?" }
        return MonitorError(
            .badAddress,
            "expected HOST:PORT with a port from 0 to 65535, and brackets around an IPv6 address, "
                + "found \"\(String(shown))\"")
    }
}
