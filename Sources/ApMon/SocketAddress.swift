import Glibc

/// A resolved address, as the system keeps it.
struct SocketAddress: Hashable {
    private let family: Int32
    private let bytes: [UInt8]

    /// The addresses of a destination, in the resolver's order.
    static func resolve(_ destination: ApMonDestination) -> Result<[SocketAddress], ApMonError> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(destination.host, String(destination.port), &hints, &list)
        guard code == 0 else {
            let reason = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
            return .failure(ApMonError("\(destination): can't resolve \(destination.host): \(reason)"))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr {
                let bytes = UnsafeRawBufferPointer(start: address, count: Int(entry.pointee.ai_addrlen))
                addresses.append(SocketAddress(family: entry.pointee.ai_family, bytes: Array(bytes)))
            }
            next = entry.pointee.ai_next
        }
        return addresses.isEmpty
            ? .failure(ApMonError("\(destination): \(destination.host) has no address")) : .success(addresses)
    }

    /// - Returns: A UDP socket that sends to this address, or -1 with `errno` set.
    func openSocket() -> Int32 {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(self.family, type, 0)
        guard descriptor >= 0 else { return -1 }
        let status = self.bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map { start in
                connect(descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            } ?? -1
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            errno = code
            return -1
        }
        return descriptor
    }
}
