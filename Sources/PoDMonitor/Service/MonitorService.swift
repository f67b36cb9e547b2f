internal import Glibc
internal import Hummingbird
public import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import Synchronization

/// A small MonALISA: takes ApMon datagrams over UDP and answers the REST interface over HTTP, from memory.
///
/// Runs until its task is cancelled or the service group shuts down gracefully.
public struct MonitorService: Service {
    private let configuration: MonitorConfiguration
    private let store: MonitorStore
    private let logger: Logger
    private let clock: @Sendable () -> Int64
    private let onRunning: @Sendable (MonitorAddresses) async -> Void

    /// - Parameters:
    ///   - clock: Milliseconds since 1970. Stamps datagrams without a time, and is "now" in requests.
    ///   - onRunning: Called once both sockets are bound; requests are answered as soon as it returns.
    public init(
        configuration: MonitorConfiguration, logger: Logger,
        clock: @escaping @Sendable () -> Int64 = { SystemClock.now() },
        onRunning: @escaping @Sendable (MonitorAddresses) async -> Void = { _ in }
    ) {
        self.init(
            configuration: configuration, store: MonitorStore(), logger: logger, clock: clock, onRunning: onRunning)
    }

    package init(
        configuration: MonitorConfiguration, store: MonitorStore, logger: Logger,
        clock: @escaping @Sendable () -> Int64, onRunning: @escaping @Sendable (MonitorAddresses) async -> Void
    ) {
        self.configuration = configuration
        self.store = store
        self.logger = logger
        self.clock = clock
        self.onRunning = onRunning
    }

    /// What came in so far.
    public var counts: MonitorCounts { self.store.counts }

    /// - Throws: ``MonitorError`` when an address can't be bound or the UDP socket fails.
    public func run() async throws {
        let receiver = try await self.bindReceiver()
        let progress = Progress()
        let application = self.application { httpChannel in
            progress.phase.withLock { $0 = .running }
            await self.onRunning(
                MonitorAddresses(
                    udp: self.configuration.udp.bound(to: receiver),
                    http: self.configuration.http.bound(to: httpChannel)))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer {
                    progress.phase.withLock { $0 = $0 == .starting ? .failed : .ended }
                    receiver.close(promise: nil)
                }
                try await application.run()
            }
            group.addTask {
                // Ends when the receiver is closed: by the task above or, which is a failure, by itself.
                try await receiver.closeFuture.get()
                if progress.phase.withLock({ $0 == .running }) {
                    throw MonitorError(.receiverFailed, "UDP \(self.configuration.udp): the socket failed")
                }
            }
            do {
                try await group.waitForAll()
            } catch {
                let isKnown = error is MonitorError || error is CancellationError
                if !isKnown, progress.phase.withLock({ $0 == .failed }) {
                    throw Self.cannotListen("HTTP", self.configuration.http, error)
                }
                throw error
            }
        }
    }

    private final class Progress: Sendable {
        enum Phase {
            case starting, running, ended, failed
        }

        let phase = Mutex(Phase.starting)
    }

    private func bindReceiver() async throws -> any Channel {
        let intake = DatagramIntake(
            farm: self.configuration.farm, password: self.configuration.password,
            floodControl: FloodControl(rate: self.configuration.datagramRate), store: self.store)
        let bootstrap = DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            // The largest datagram there is: a smaller buffer would cut it without a word.
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            // Holds what comes while a large answer is searched for.
            .channelOption(.socketOption(.so_rcvbuf), value: 2 * 1024 * 1024)
            .channelInitializer { [clock, logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramHandler(intake: intake, clock: clock, logger: logger))
                }
            }
        let address = self.configuration.udp
        do {
            return try await bootstrap.bind(host: address.host, port: Int(address.port)).get()
        } catch {
            throw Self.cannotListen("UDP", address, error)
        }
    }

    private func application(
        onRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> some ApplicationProtocol {
        // The server's own steps are of no interest to those who ask for ours.
        var logger = self.logger
        logger.logLevel = max(logger.logLevel, .warning)
        return Application(
            responder: RestResponder(service: RestService(store: self.store), clock: self.clock),
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: .hostname(self.configuration.http.host, port: Int(self.configuration.http.port)),
                serverName: "alien-pod",
                availableConnectionsDelegate: .maximum(self.configuration.connectionCount, logger: logger)),
            onServerRunning: onRunning,
            logger: logger)
    }

    private static func cannotListen(_ kind: String, _ address: ListenAddress, _ error: any Error) -> MonitorError {
        let reason =
            (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? String(describing: error)
        return MonitorError(.cannotListen, "can't listen on \(kind) \(address): \(reason)")
    }
}

extension ListenAddress {
    fileprivate func bound(to channel: any Channel) -> ListenAddress {
        ListenAddress(host: self.host, port: channel.localAddress?.port.flatMap(UInt16.init(exactly:)) ?? self.port)
    }
}
