import ApMon
import Glibc

/// A UDP socket on the loopback interface, on a free port.
final class LoopbackReceiver: Sendable {
    struct Failure: Error {
        let call: String
        let code: Int32
    }

    let port: UInt16
    private let descriptor: Int32

    /// - Parameter port: 0 for any that is free.
    init(isIPv6: Bool = false, port: UInt16 = 0) throws {
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        self.descriptor = descriptor
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = port.bigEndian
        four.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = port.bigEndian
        six.sin6_addr = in6addr_loopback
        let status =
            isIPv6
            ? Self.bind(descriptor, &six, MemoryLayout<sockaddr_in6>.size)
            : Self.bind(descriptor, &four, MemoryLayout<sockaddr_in>.size)
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw Failure(call: "bind", code: code)
        }
        // The port stands at the same place in both families.
        var name = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        _ = withUnsafeMutableBytes(of: &name) {
            getsockname(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &size)
        }
        self.port = UInt16(bigEndian: name.sin6_port)
    }

    deinit { close(self.descriptor) }

    var destination: ApMonDestination { ApMonDestination(host: "127.0.0.1", port: self.port) }

    /// The next datagram, or `nil` if none comes within 5 seconds.
    func receive(milliseconds: Int32 = 5000) -> [UInt8]? {
        var poll = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(self.descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : Array(buffer.prefix(count))
    }

    private static func bind<Address>(_ descriptor: Int32, _ address: inout Address, _ size: Int) -> Int32 {
        withUnsafeBytes(of: &address) {
            guard let start = $0.baseAddress else { return -1 }
            return Glibc.bind(descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(size))
        }
    }
}
