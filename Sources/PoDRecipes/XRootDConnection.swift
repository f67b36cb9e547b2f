import Glibc

/// One connection that asks a daemon on this machine for its handshake, without ever blocking a thread.
enum XRootDConnection {
    /// For one question, from connecting to the last byte.
    private static let limit: Duration = .seconds(2)

    /// Whether the daemon at a port of 127.0.0.1 answers as this service does.
    ///
    /// - Throws: `CancellationError` alone; what is not there, resets, stalls or says something else doesn't answer.
    static func answers(port: UInt16, as service: XRootDService) async throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let deadline = ContinuousClock.now + self.limit
        guard self.connect(descriptor, port),
            try await self.isReady(descriptor, for: POLLOUT, until: deadline),
            self.send(service.greeting, descriptor)
        else { return false }
        var answer: [UInt8] = []
        while answer.count < XRootDService.answerLength {
            var rest = [UInt8](repeating: 0, count: XRootDService.answerLength - answer.count)
            guard try await self.isReady(descriptor, for: POLLIN, until: deadline) else { return false }
            let count = recv(descriptor, &rest, rest.count, 0)
            guard count > 0 else { return false }
            answer += rest.prefix(count)
        }
        return service.isAnswered(by: answer)
    }

    private static func connect(_ descriptor: Int32, _ port: UInt16) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0 || errno == EINPROGRESS
    }

    /// A greeting fits into any empty send buffer.
    private static func send(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    private static func isReady(
        _ descriptor: Int32, for event: Int32, until deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            if poll(&entry, 1, 0) > 0 {
                return entry.revents & Int16(event) != 0
            }
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
