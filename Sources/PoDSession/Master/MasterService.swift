import Foundation
public import Logging
public import MonALISARepository
import NIOCore
import NIOPosix
public import PoDCore
public import PoDRecipes
public import PoDRendezvous
public import PoDTickets
public import ServiceLifecycle

/// A master: the head daemon, the control port where workers claim slots, the status file.
public struct MasterService: Service {
    public struct Configuration: Sendable {
        public var masterJobID: MasterJobID
        public var workers: Int
        /// The key that workers know the master by, and its certificate.
        public var identity: ChannelIdentity
        /// What is kept for a master that is started again; `nil` to keep nothing.
        public var state: StateDirectory?
        /// From the start to the end of the session; `nil` without one.
        public var lifetime: Duration?
        /// A session that is unused for so long ends; `nil` for never.
        public var idle: Duration?
        /// Where workers connect. On a loopback address nothing but that is listened on.
        public var host = "127.0.0.1"
        /// The port that is advertised, where a gateway forwards it; `nil` for the control port itself.
        public var advertisedPort: UInt16?
        /// Which workers are reached by way of the master.
        public var forwarding = ForwardingMode.auto
        package var probeLimits = ProbeQueue.Limits()
        /// `nil` for those that follow from how many sockets this process may have.
        package var newcomerLimits: NewcomerQueue.Limits?
        /// From a connection to its claim; `nil` for as long as ``MasterMachine/Settings`` say.
        package var claimTimeout: Duration?
        /// Ports to choose from, for the control port, the head daemon and the workers that are forwarded.
        public var ports: ClosedRange<UInt16> = MasterService.defaultPorts
        /// Whether the head daemon is given a port for its web page.
        public var hasDashboard = false
        public var statusFile: String
        /// Where the head daemon runs: an absolute path.
        public var directory: String
        /// Where the master reads its own advertisement back; `nil` for nowhere.
        public var repository: RepositoryURL?
        /// What the advertisements are signed with; `nil` leaves them unsigned.
        public var ticket: SessionTicket?
        /// Where a renewed ticket is found.
        public var ticketFile: String?
        /// The keys of sites, whose tickets count with those that the session's own key has signed.
        public var trustedKeys = TrustedKeys.none
        /// A list of keys that count no more, read again when it changes.
        public var revokedFile: String?
        /// Whether workers without a ticket are taken.
        public var allowsUnsignedWorkers = false
        public var ledgerLimits = SlotLedger.Limits()
        public var invitationLimits = InvitationControl.Limits()

        public init(
            masterJobID: MasterJobID, workers: Int, identity: ChannelIdentity, statusFile: String, directory: String
        ) {
            self.masterJobID = masterJobID
            self.workers = workers
            self.identity = identity
            self.statusFile = statusFile
            self.directory = directory
        }
    }

    /// Where no others are given: AliEn's own.
    public static let defaultPorts: ClosedRange<UInt16> = 20000...25000
    /// How long the certificates of the session's daemons are good.
    package static let certificateLifetime: Duration = .seconds(7 * 86400)
    /// How long a master that was killed, and its head daemon, may take to let go of their ports.
    static let portWait: Duration = .seconds(5)
    /// How long workers have to leave at the end.
    static let drainTime: Duration = .seconds(8)

    private let configuration: Configuration
    private let recipe: any Recipe
    private let log: Logger
    private let onStart: @Sendable (MasterStatus, Address) async -> Void

    /// - Parameter onStart: Called once, when the head daemon is ready, workers can come, and requests are taken.
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
        if let most = self.configuration.ticket?.mostWorkers, self.configuration.workers > most {
            throw SessionError(
                .noPermission, "the ticket is for at most \(most) workers, found \(self.configuration.workers)")
        }
        do {
            try await cancelWhenGracefulShutdown {
                try await self.recipe.prepare { line in self.log.info("\(line)") }
            }
        } catch  where Task.isShuttingDownGracefully {
            return
        }
        let ports = try await self.headPorts()
        let authority = self.recipe.authenticatesPeers ? try self.authority() : nil
        let site = try self.site(port: ports.head.port, dashboardPort: ports.dashboard?.port, authority)
        let plan = try self.recipe.head(at: site)
        let head = SessionHead(
            recipe: self.recipe, site: site, workerParameters: plan.workerParameters, authority: authority)
        let details = plan.details + (authority == nil ? [] : [("credentials", site.directory)])
        guard let daemon = plan.daemon else {
            return try await self.serve(head, details, daemon: nil)
        }
        try daemon.layOut(in: site.directory)
        let running = HeadDaemon(Daemon(plan: daemon, directory: site.directory, name: "head", log: self.log))
        do {
            if try await running.isReady() {
                try await self.serve(head, details, daemon: running)
            }
        } catch {
            await running.stop()
            throw error
        }
        await running.stop()
    }

    /// The session's authority, the same after a restart.
    private func authority() throws -> SessionAuthority {
        if let files = try self.configuration.state?.authority() {
            return try SessionAuthority(files: files)
        }
        let authority = try SessionAuthority(now: Date(), lifetime: Self.certificateLifetime)
        try self.configuration.state?.store(authority: authority.files)
        return authority
    }

    /// Ports that stay reserved for as long as the session runs, after a restart the same: daemons of workers, and
    /// users, come back to where the head daemon was.
    private func headPorts() async throws -> (head: PortReservation, dashboard: PortReservation?) {
        var last = try self.configuration.state?.lastPorts() ?? StateDirectory.Ports()
        let head = try await self.reserve(last.head)
        let dashboard = self.configuration.hasDashboard ? try await self.reserve(last.dashboard) : nil
        (last.head, last.dashboard) = (head.port, dashboard?.port ?? last.dashboard)
        try self.configuration.state?.store(last)
        return (head, dashboard)
    }

    private func reserve(_ last: UInt16?) async throws -> PortReservation {
        if let last {
            if let same = try await Self.retry({ try? PortReservation(from: last...last) }) {
                return same
            }
            self.log.warning("port \(last), where the head daemon was, is another's")
        }
        return try PortReservation(from: self.configuration.ports)
    }

    /// Tries to have again what a master before had, which may need a moment to let go of it.
    private static func retry<Result>(_ attempt: () async throws -> Result?) async throws -> Result? {
        let clock = ContinuousClock()
        let deadline = clock.now + Self.portWait
        repeat {
            if let result = try await attempt() {
                return result
            }
            try await clock.sleep(for: .milliseconds(100))
        } while clock.now < deadline
        return nil
    }

    private func site(port: UInt16, dashboardPort: UInt16?, _ authority: SessionAuthority?) throws -> DaemonSite {
        try DaemonFile.makeDirectories(["head"], in: self.configuration.directory)
        let host = authority == nil ? "127.0.0.1" : self.configuration.host
        var site = try DaemonSite(
            directory: "\(self.configuration.directory)/head", address: try Address(host: host, port: Int(port)),
            credentials: try authority?.credentials(named: "head"))
        site.dashboardPort = dashboardPort
        return site
    }

    private func serve(
        _ head: SessionHead, _ details: [(name: String, value: String)], daemon: HeadDaemon?
    ) async throws {
        let state = self.configuration.state
        let epoch = try state?.nextEpoch() ?? UInt64(clamping: MonotonicClock.millisecondsSince1970)
        let journal = try state?.journal()
        let streams = ForwardedStreams()
        let newcomers = Newcomers(limits: self.configuration.newcomerLimits ?? Newcomers.limits)
        let control = ControlPort(
            session: self.configuration.identity.thumbprint,
            tls: try ChannelTLS(self.configuration.identity, role: .master), streams: streams,
            head: HeadConnection { head.port(named: $0) }, newcomers: newcomers, log: self.log)
        let connections = WorkerConnections()
        var ports = try state?.lastPorts() ?? StateDirectory.Ports()
        let server = try await self.bind(control, connections, preferring: ports.control)
        guard let port = server.channel.localAddress?.port else {
            throw RecipeError(.system, "the control port has no number")
        }
        ports.control = UInt16(exactly: port)
        try state?.store(ports)
        let address = try Address(
            host: self.configuration.host, port: self.configuration.advertisedPort.map { Int($0) } ?? port)
        let admin = try AdminSocket(identity: URL(fileURLWithPath: self.configuration.statusFile).path)
        var settings = MasterMachine.Settings(
            masterJobID: self.configuration.masterJobID, address: address,
            key: try MasterKey(parsing: self.configuration.identity.thumbprint.description),
            details: (details + [
                ("recipe", self.recipe.name), ("address", address.description), (AdminSocket.detailName, admin.path),
            ]).map {
                MasterStatus.Detail(name: $0.name, value: $0.value)
            },
            workers: journal?.leases.wanted ?? self.configuration.workers,
            admission: try WorkerAdmission(
                trusting: self.configuration.trustedKeys, session: self.configuration.identity.publicKey,
                allowsUnsigned: self.configuration.allowsUnsignedWorkers))
        settings.ledgerLimits = self.configuration.ledgerLimits
        settings.invitationLimits = self.configuration.invitationLimits
        settings.invitationLimits.readsBack = self.configuration.repository != nil
        settings.forwarding = ForwardingRule(
            self.configuration.forwarding, authenticatesPeers: self.recipe.authenticatesPeers)
        settings.probeLimits = self.configuration.probeLimits
        settings.claimTimeout = self.configuration.claimTimeout ?? settings.claimTimeout
        let now = MonotonicClock.now
        let kept = journal?.leases
        let machine = MasterMachine(
            settings, epoch: epoch, restoring: kept?.granted ?? [], forwardedBy: kept?.ports ?? [:], at: now)
        let limits = SessionLimits(
            lifetime: self.configuration.lifetime, idle: self.configuration.idle, startedAt: now)
        let session = try MasterSession(
            machine, head: head, limits: limits, state: state, journal: journal,
            place: LeasePort.Place(
                host: head.site.address.host, ports: self.configuration.ports,
                authenticatesPeers: self.recipe.authenticatesPeers, streams: streams),
            newcomers: newcomers,
            trust: MasterSession.Trust(
                ticket: self.configuration.ticket, ticketFile: self.configuration.ticketFile,
                revokedFile: self.configuration.revokedFile),
            statusFile: self.configuration.statusFile, log: self.log)
        await session.openKeptPorts(kept?.ports ?? [:])
        try await session.tick()

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Self.accept(server, session) }
            group.addTask {
                for await event in connections.events {
                    await session.take(event)
                }
            }
            group.addTask {
                var reason: String?
                while reason == nil {
                    try await Task.sleep(for: .milliseconds(200))
                    reason = try await session.tick()
                }
                self.log.info("the session ends: \(reason ?? "")")
            }
            group.addTask {
                try await admin.run(onListening: { await self.onStart(await session.status, address) }) { request in
                    await session.answer(request)
                }
            }
            if let repository = self.configuration.repository {
                let readBack = ReadBack(
                    repository: repository, masterJobID: self.configuration.masterJobID,
                    signer: self.configuration.ticket.map { _ in self.configuration.identity.publicKey }, log: self.log)
                group.addTask { try await readBack.run(session) }
            }
            group.addTask { try await gracefulShutdown() }
            if let daemon {
                group.addTask { try await daemon.end() }
            }
            defer { group.cancelAll() }
            // Whatever ends the session, the workers are told.
            let end = await group.nextResult()
            await Self.drain(session)
            await session.closePorts()
            newcomers.end()
            connections.end()
            await session.closeConnections()
            try end?.get()
        }
    }

    /// Workers are told, and have a while to leave; then the publisher is let go with the status file.
    private static func drain(_ session: MasterSession) async {
        await session.stop(reason: "the session has ended")
        let clock = ContinuousClock()
        let deadline = clock.now + Self.drainTime
        while await !session.isEmpty, clock.now < deadline, !Task.isCancelled {
            _ = try? await session.tick()
            try? await clock.sleep(for: .milliseconds(50))
        }
        _ = try? await session.tick()
        await session.finish()
    }

    // MARK: - Control port

    /// A connection as it comes; whether it is the owner's follows.
    private typealias Server = NIOAsyncChannel<EventLoopFuture<ControlChannel.Lines?>, Never>

    /// Takes the port that a master before had, to which its workers come back, or else the first that is free, beginning
    /// at a random one.
    private func bind(
        _ control: ControlPort, _ connections: WorkerConnections, preferring last: UInt16?
    ) async throws -> Server {
        var failure: IOError?
        func server(at port: UInt16) async throws -> Server? {
            do {
                return try await Self.bind(host: self.listeningHost, port: Int(port), control, connections)
            } catch let error as IOError where error.errnoCode == EADDRINUSE || error.errnoCode == EACCES {
                failure = error
                return nil
            }
        }
        if let last {
            if let same = try await Self.retry({ try await server(at: last) }) {
                return same
            }
            self.log.warning("port \(last), where workers connected before, is another's")
        }
        let range = self.configuration.ports
        let first = UInt16.random(in: range)
        for port in Array(first...range.upperBound) + Array(range.lowerBound..<first) {
            if let server = try await server(at: port) {
                return server
            }
        }
        let detail = failure.map { " (\($0))" } ?? ""
        throw SessionError(
            .unavailable,
            "no free port from \(range.lowerBound) to \(range.upperBound) on \(self.listeningHost)\(detail)")
    }

    private var listeningHost: String {
        let host = self.configuration.host
        return host == "localhost" || host == "::1" || host.hasPrefix("127.") ? host : "::"
    }

    private static func bind(
        host: String, port: Int, _ control: ControlPort, _ connections: WorkerConnections
    ) async throws -> Server {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bearingAcceptErrors()
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try control.open(channel) { channel, speaker, newcomer in
                        switch speaker {
                        case .worker(let key):
                            try connections.add(channel, by: key, newcomer)
                            return nil
                        case .owner:
                            return try ControlChannel.lines(on: channel)
                        }
                    }.map { $0 ?? nil }
                }
            }
    }

    private static func accept(_ server: Server, _ session: MasterSession) async throws {
        try await server.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await opening in inbound {
                    group.addTask {
                        guard let owner = try? await opening.get() else { return }
                        await AdminConversation.serve(owner) { await session.answer($0) }
                    }
                }
            }
        }
    }
}
