import Foundation

/// A TCP port of the loopback interface.
public enum FreePort {
    /// One that was free a moment ago. Who takes it for a process must bear that another took it first.
    public static func find() throws(TestKitError) -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = self.loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes in
            guard let name = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, name, size) == 0 && getsockname(descriptor, name, &size) == 0
        }
        guard isBound else {
            throw TestKitError("no free port on the loopback interface")
        }
        // A child that is started at this moment has a copy for a while, which is to keep nobody out.
        self.reuseAddress(descriptor)
        return UInt16(bigEndian: address.sin_port)
    }

    /// Whether somebody takes connections there.
    public static func isTaken(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = self.loopback(port: port)
        return withUnsafeBytes(of: &address) { bytes in
            guard let name = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return connect(descriptor, name, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }

    /// Whether a server could listen there, also where one ended a moment ago.
    public static func canListen(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        defer { close(descriptor) }
        self.reuseAddress(descriptor)
        var address = self.loopback(port: port)
        let isBound = withUnsafeBytes(of: &address) { bytes in
            guard let name = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, name, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
        return isBound && listen(descriptor, 1) == 0
    }

    private static func reuseAddress(_ descriptor: Int32) {
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
