import NIOCore
import PoDCore

extension Address {
    /// The address of a TCP socket; an IPv4 address that a socket of IPv6 took is one of IPv4.
    ///
    /// - Returns: `nil` when it is none.
    init?(_ socket: SocketAddress?) {
        guard let port = socket?.port, var host = socket?.ipAddress else { return nil }
        let mapped = "::ffff:"
        if host.hasPrefix(mapped), host.contains(".") {
            host.removeFirst(mapped.count)
        }
        guard let address = try? Address(host: host, port: port) else { return nil }
        self = address
    }

    /// Whether it is one that only this host reaches, by number: 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        switch try? SocketAddress(ipAddress: self.host, port: Int(self.port)) {
        case .v4(let address):
            // `sockaddr_in` of ip(7): family, port, address.
            withUnsafeBytes(of: address.address) { $0[4] == 127 }
        case .v6(let address):
            (try? SocketAddress(ipAddress: "::1", port: Int(self.port))) == .v6(address)
        case .unixDomainSocket, nil:
            false
        }
    }
}
