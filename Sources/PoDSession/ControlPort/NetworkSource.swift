package import NIOCore

/// Where a connection comes from, as far as one who dials can't choose it at will: an IPv4 address, or the first 64 bits
/// of an IPv6 address.
package struct NetworkSource: Hashable, Sendable {
    private let bytes: [UInt8]

    /// - Parameter address: Of the other end. All that have no address are one source.
    package init(_ address: SocketAddress?) {
        // `sockaddr_in` of ip(7): family, port, address; `sockaddr_in6` of ipv6(7): family, port, flow, address.
        switch address {
        case .v4(let address):
            self.bytes = withUnsafeBytes(of: address.address) { Array($0[4..<8]) }
        case .v6(let address):
            let whole = withUnsafeBytes(of: address.address) { Array($0[8..<24]) }
            let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
            self.bytes = whole.starts(with: mapped) ? Array(whole.suffix(4)) : Array(whole.prefix(8))
        case .unixDomainSocket, nil:
            self.bytes = []
        }
    }
}
