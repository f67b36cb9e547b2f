import Logging
import NIOCore
import NIOPosix
import PoDMonitor
import ServiceLifecycle
import Testing

/// A monitor on free loopback ports, for as long as a test's body runs.
struct RunningMonitor: Sendable {
    let addresses: MonitorAddresses
    let store: MonitorStore

    struct NotStarted: Error {}

    static func with<Result: Sendable>(
        _ configuration: MonitorConfiguration? = nil, store: MonitorStore = MonitorStore(),
        clock: @escaping @Sendable () -> Int64 = { SystemClock.now() },
        _ body: @escaping @Sendable (RunningMonitor) async throws -> Result
    ) async throws -> Result {
        var configuration = try configuration ?? MonitorConfiguration(farm: "CERN")
        configuration.udp = ListenAddress(host: configuration.udp.host, port: 0)
        configuration.http = ListenAddress(host: configuration.http.host, port: 0)
        let (running, continuation) = AsyncStream.makeStream(of: MonitorAddresses.self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = MonitorService(
            configuration: configuration, store: store, logger: logger, clock: clock,
            onRunning: { continuation.yield($0) })
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [service], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            guard let addresses = await running.first(where: { _ in true }) else {
                try await tasks.waitForAll()
                throw NotStarted()
            }
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await body(RunningMonitor(addresses: addresses, store: store)))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }

    /// Sends bytes over a new connection and reads until the other side ends it.
    func exchange(_ bytes: [UInt8]) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: self.addresses.http.host, port: Int(self.addresses.http.port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            var answer: [UInt8] = []
            for try await part in inbound {
                answer += Array(part.readableBytesView)
            }
            return answer
        }
    }

    /// Sends datagrams, in their order, from one socket.
    func send(_ datagrams: [[UInt8]]) async throws {
        let to = try SocketAddress(ipAddress: self.addresses.udp.host, port: Int(self.addresses.udp.port))
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: self.addresses.udp.host, port: 0).get()
        for datagram in datagrams {
            try await channel.writeAndFlush(
                AddressedEnvelope(remoteAddress: to, data: ByteBuffer(bytes: datagram)))
        }
        try await channel.close()
    }

    /// Waits until so many datagrams came in; the test's time limit ends it otherwise.
    func received(_ count: Int) async throws {
        while self.store.counts.received < count {
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// An HTTP answer as it came over the wire.
struct RawAnswer {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    init(_ bytes: [UInt8]) throws {
        let end = try #require(bytes.firstRange(of: Array("\r\n\r\n".utf8)), "no end of the head")
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let status = try #require(lines.first).split(separator: " ")
        self.status = try #require(status.count > 1 ? Int(status[1]) : nil)
        self.headers = lines.dropFirst().map { line in
            let name = line.prefix { $0 != ":" }
            return (String(name), String(line.dropFirst(name.count + 1).drop { $0 == " " }))
        }
        self.body = Array(bytes[end.upperBound...])
    }

    func header(_ name: String) -> String? {
        self.headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
