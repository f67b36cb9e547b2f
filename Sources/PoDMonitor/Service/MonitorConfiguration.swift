internal import Glibc

/// How to run a monitor.
public struct MonitorConfiguration: Sendable {
    /// Where datagrams are taken.
    public var udp = ListenAddress(host: "127.0.0.1", port: 8884)
    /// Where the REST interface is.
    public var http = ListenAddress(host: "127.0.0.1", port: 8080)
    /// The farm under which all values are shown: never empty, without `/` and control characters.
    public let farm: String
    /// What each datagram must carry; `nil` when any will do, or none. It crosses the network as it is.
    public var password: String?
    /// Datagrams a second from one source, on average; 0 for as many as come.
    public var datagramRate = 50
    /// How many HTTP connections are open at once; more wait.
    public var connectionCount = 1024

    /// - Parameter farm: `nil` for the short name of this host.
    public init(farm: String? = nil) throws(MonitorError) {
        let name = farm ?? Self.shortHostName
        guard !name.isEmpty, name.utf8.count <= SeriesKey.longestName,
            !name.unicodeScalars.contains(where: { $0 == "/" || $0.value < 0x20 || $0.value == 0x7F })
        else {
            throw MonitorError(
                .badFarm,
                "farm: expected a name of 1 to \(SeriesKey.longestName) bytes, without \"/\" and control characters")
        }
        self.farm = name
    }

    private static var shortHostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let bytes = buffer.map { UInt8(bitPattern: $0) }.prefix { $0 != 0 && $0 != UInt8(ascii: ".") }
        let name = String(decoding: bytes, as: UTF8.self)
        return name.isEmpty ? "localhost" : name
    }
}

/// Where a running monitor listens: the addresses asked for, with the ports that the system gave for 0.
public struct MonitorAddresses: Hashable, Sendable {
    public let udp: ListenAddress
    public let http: ListenAddress

    /// The base URL for requests, up to and without `rest`.
    public var baseURL: String { "http://\(self.http)/" }
}
