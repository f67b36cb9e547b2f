import Glibc
package import NIOCore

/// Who is at the other end of a TCP connection within this machine, from the kernel's tables of sockets.
package enum SocketOwner {
    /// The tables, for IPv4 and for IPv6. proc_pid_net(5), and Documentation/networking/proc_net_tcp.rst of Linux.
    private static let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"]
    /// A table that changes while it is read may miss a line.
    private static let attempts = 3

    /// The user that this process runs as.
    package static var ourUser: UInt32 { geteuid() }

    /// The user who holds the other end. Reads files, so it is not for an event loop.
    ///
    /// - Parameters:
    ///   - ours: The address of our end.
    ///   - theirs: The address of the other.
    /// - Returns: `nil` when no process of this machine holds it, or holds it no more.
    package static func user(ofPeer theirs: SocketAddress, connectedTo ours: SocketAddress) -> UInt32? {
        for _ in 0..<self.attempts {
            for table in self.tables {
                if let text = self.read(table), let user = self.user(ofPeer: theirs, connectedTo: ours, in: text) {
                    return user
                }
            }
        }
        return nil
    }

    /// Looks for the other end's line in a table.
    package static func user(
        ofPeer theirs: SocketAddress, connectedTo ours: SocketAddress, in table: [UInt8]
    ) -> UInt32? {
        let local = self.names(of: theirs)
        let remote = self.names(of: ours)
        for line in table.split(separator: UInt8(ascii: "\n")) {
            // sl, local_address, rem_address, st, tx_queue:rx_queue, tr:when, retrnsmt, uid, timeout, inode
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 10)
            guard words.count >= 10, let inode = self.number(words[9]), let user = self.number(words[7]),
                local.contains(where: { words[1].elementsEqual($0.utf8) }),
                remote.contains(where: { words[2].elementsEqual($0.utf8) })
            else { continue }
            // A socket that its process has closed has neither inode nor owner: the table says 0, which is root.
            guard inode != 0 else { return nil }
            return UInt32(exactly: user)
        }
        return nil
    }

    private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
        UInt64(String(decoding: text, as: UTF8.self))
    }

    /// How the tables write an address: words of the machine's byte order, and an IPv4 address also as one of IPv6.
    private static func names(of address: SocketAddress) -> [String] {
        guard let port = address.port else { return [] }
        let portName = self.hexadecimal(UInt32(port), digits: 4)
        // `sockaddr_in` of ip(7): family, port, address; `sockaddr_in6` of ipv6(7): family, port, flow, address.
        switch address {
        case .v4(let address):
            let word = withUnsafeBytes(of: address.address) { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
            let name = self.hexadecimal(word, digits: 8)
            return ["\(name):\(portName)", "0000000000000000FFFF0000\(name):\(portName)"]
        case .v6(let address):
            let words = withUnsafeBytes(of: address.address) { bytes in
                (0..<4).map { bytes.loadUnaligned(fromByteOffset: 8 + $0 * 4, as: UInt32.self) }
            }
            return [words.map { self.hexadecimal($0, digits: 8) }.joined() + ":" + portName]
        case .unixDomainSocket:
            return []
        }
    }

    private static func hexadecimal(_ number: UInt32, digits: Int) -> String {
        let text = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count > 0 {
                text += piece.prefix(count)
            } else if count == 0 {
                return text
            } else if errno != EINTR {
                return nil
            }
        }
    }
}
