public import Logging
public import MonALISARepository
import NIOCore
import NIOExtras
import NIOPosix
public import PoDCore
public import PoDRecipes
public import PoDRendezvous
public import ServiceLifecycle

/// A master: the head daemon, the control port where workers claim slots, the status file.
public struct MasterService: Service {
    public struct Configuration: Sendable {
        public var masterJobID: MasterJobID
        public var workers: Int
        /// Ports to try for the control port; `nil` for any free one.
        public var ports: ClosedRange<UInt16>?
        public var statusFile: String
        public var directory: String
        /// Where the master reads its own advertisement back; `nil` for nowhere.
        public var repository: RepositoryURL?
        public var ledgerLimits = SlotLedger.Limits()
        public var invitationLimits = InvitationControl.Limits()

        public init(masterJobID: MasterJobID, workers: Int, statusFile: String, directory: String) {
            self.masterJobID = masterJobID
            self.workers = workers
            self.statusFile = statusFile
            self.directory = directory
        }
    }

    /// Loopback only, until the channel has TLS.
    static let host = "127.0.0.1"
    /// How long workers have to leave at the end.
    static let drainTime: Duration = .seconds(8)

    private let configuration: Configuration
    private let recipe: any Recipe
    private let log: Logger
    private let onStart: @Sendable (MasterStatus, Address) async -> Void

    /// - Parameter onStart: Called once, when the head daemon is ready and workers can come.
    public init(
        _ configuration: Configuration, recipe: any Recipe, log: Logger,
        onStart: @escaping @Sendable (MasterStatus, Address) async -> Void = { _, _ in }
    ) {
        self.configuration = configuration
        self.recipe = recipe
        self.log = log
        self.onStart = onStart
    }

    /// Runs to the end of the session: a graceful shutdown, or the end of the head daemon.
    ///
    /// - Throws: ``RecipeError`` when the head daemon can't run here, or ended; `RendezvousError` when the status file
    ///   can't be written.
    public func run() async throws {
        // A wrong path is told before minutes go into the recipe.
        _ = try MasterStatusFile(path: self.configuration.statusFile)
        do {
            try await cancelWhenGracefulShutdown {
                try await self.recipe.prepare { line in self.log.info("\(line)") }
            }
        } catch  where Task.isShuttingDownGracefully {
            return
        }
        guard let plan = try self.recipe.head(in: self.configuration.directory) else {
            return try await self.serve(withHead: nil)
        }
        let head = HeadDaemon(
            Daemon(plan: plan, directory: self.configuration.directory, name: "head", log: self.log))
        do {
            if try await head.isReady() {
                try await self.serve(withHead: head)
            }
        } catch {
            await head.stop()
            throw error
        }
        await head.stop()
    }

    private func serve(withHead head: HeadDaemon?) async throws {
        let facts = try await self.recipe.headFacts(in: self.configuration.directory)
        let server = try await self.bind()
        guard let port = server.channel.localAddress?.port else {
            throw RecipeError(.system, "the control port has no number")
        }
        let address = try Address(host: Self.host, port: port)
        var settings = MasterMachine.Settings(
            masterJobID: self.configuration.masterJobID, address: address, recipe: self.recipe.name,
            workerParameters: facts.workerParameters,
            details: facts.details.map { MasterStatus.Detail(name: $0.name, value: $0.value) },
            workers: self.configuration.workers)
        settings.ledgerLimits = self.configuration.ledgerLimits
        settings.invitationLimits = self.configuration.invitationLimits
        settings.invitationLimits.readsBack = self.configuration.repository != nil
        let machine = MasterMachine(settings, epoch: UInt64(clamping: MonotonicClock.millisecondsSince1970))
        let session = try MasterSession(machine, statusFile: self.configuration.statusFile, log: self.log)
        try await session.tick()
        await self.onStart(await session.status, address)

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Self.accept(server, session) }
            group.addTask {
                while true {
                    try await Task.sleep(for: .milliseconds(200))
                    try await session.tick()
                }
            }
            if let repository = self.configuration.repository {
                let readBack = ReadBack(
                    repository: repository, masterJobID: self.configuration.masterJobID, log: self.log)
                group.addTask { try await readBack.run(session) }
            }
            group.addTask { try await gracefulShutdown() }
            if let head {
                group.addTask { try await head.end() }
            }
            defer { group.cancelAll() }
            // Whatever ends the session, the workers are told.
            let end = await group.nextResult()
            await Self.drain(session)
            try end?.get()
        }
    }

    /// Workers are told, and have a while to leave; then the publisher is let go with the status file.
    private static func drain(_ session: MasterSession) async {
        await session.stop(reason: "the session has ended")
        let clock = ContinuousClock()
        let deadline = clock.now + Self.drainTime
        while await !session.isEmpty, clock.now < deadline, !Task.isCancelled {
            try? await session.tick()
            try? await clock.sleep(for: .milliseconds(50))
        }
        try? await session.tick()
        await session.removeStatusFile()
    }

    // MARK: - Control port

    private typealias WorkerChannel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private func bind() async throws -> NIOAsyncChannel<WorkerChannel, Never> {
        guard let ports = self.configuration.ports else {
            return try await Self.bind(port: 0)
        }
        var failure: (any Error)?
        for port in ports {
            do {
                return try await Self.bind(port: Int(port))
            } catch {
                failure = error
            }
        }
        let detail = failure.map { " (\($0))" } ?? ""
        throw RecipeError(
            .unavailable, "no free port from \(ports.lowerBound) to \(ports.upperBound) on \(Self.host)\(detail)")
    }

    private static func bind(port: Int) async throws -> NIOAsyncChannel<WorkerChannel, Never> {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: self.host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try ControlChannel.wrap(channel) }
            }
    }

    private static func accept(_ server: NIOAsyncChannel<WorkerChannel, Never>, _ session: MasterSession) async throws {
        try await server.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    group.addTask { await Self.serve(connection, session) }
                }
            }
        }
    }

    /// One connection to its end. What goes wrong with it is nobody else's trouble.
    private static func serve(_ connection: WorkerChannel, _ session: MasterSession) async {
        let (id, outgoing) = await session.open()
        try? await connection.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await message in outgoing {
                        try await outbound.write(ControlCodec.encode(message))
                    }
                }
                group.addTask {
                    for try await line in inbound {
                        do throws(ValueError) {
                            await session.receive(try ControlCodec.decode(line), from: id)
                        } catch {
                            await session.receive(unreadable: error.description, from: id)
                        }
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
        await session.close(id)
    }
}
