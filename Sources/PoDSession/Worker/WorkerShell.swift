import Logging
import NIOCore
import NIOPosix
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDTickets

/// Performs what the worker's lifecycle says: connections, messages, the daemon.
actor WorkerShell {
    private let configuration: WorkerService.Configuration
    private let recipes: [String: any Recipe]
    private let log: Logger
    private let source: AsyncStream<WorkerInput>.Continuation
    private let claim = ClaimID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))

    /// How many lines of the log of a daemon that failed are told to the master.
    private static let lastLines = 20
    /// Of log lines in one message, in bytes: with its other members it fits into a line of the channel.
    private static let mostLogBytes = 48 << 10

    private let masterKey: KeyThumbprint
    private let tls: ChannelTLS
    private let certificateRequest: PeerRequest?

    private var outgoing: AsyncStream<ControlMessage>.Continuation?
    private var connection: Task<Void, Never>?
    private var daemon: Task<Void, Never>?
    private var terms: LeaseTerms?
    private var lifecycle: WorkerLifecycle
    private var vitals: DaemonVitals
    private var workDirectory: WorkDirectory?
    /// The lease to say goodbye for.
    private var goodbye: LeaseID?
    /// The address of this machine that the master sees.
    private var localHost: String?
    /// What the daemon that runs, or is about to, will be registered as.
    private var registration: Registration?
    /// The daemon's port, the same for all its starts: others know it by that.
    private var port: PortReservation?
    /// What stands at the port until there are terms.
    private var beacon: ReachBeacon?

    init(
        configuration: WorkerService.Configuration, recipes: [String: any Recipe], log: Logger,
        source: AsyncStream<WorkerInput>.Continuation
    ) throws {
        guard let key = configuration.server.key else {
            throw SessionError(
                .noPermission, "master \(configuration.server.masterJobID): expected the key that it is known by")
        }
        self.masterKey = try KeyThumbprint(parsing: key.description)
        let identity = try configuration.credentials.map { try ChannelIdentity($0.key) }
        self.tls = try ChannelTLS(try identity ?? ChannelIdentity.ephemeral(), role: .peer)
        self.certificateRequest = try recipes.values.contains { $0.authenticatesPeers } ? PeerRequest() : nil
        self.configuration = configuration
        self.recipes = recipes
        self.log = log
        self.source = source
        self.lifecycle = WorkerLifecycle(limits: configuration.limits, startedAt: MonotonicClock.now)
        self.vitals = DaemonVitals(idle: configuration.idleTimeout)
    }

    func run(_ inputs: AsyncStream<WorkerInput>) async -> WorkerService.End {
        for await input in inputs {
            guard let event = self.event(of: input) else { continue }
            for action in self.lifecycle.handle(event, at: MonotonicClock.now) {
                if let end = await self.perform(action) {
                    return end
                }
            }
        }
        return WorkerService.End(exitCode: ExitStatus.software.rawValue, reason: "no more events")
    }

    /// What an input means for the worker's life; `nil` when nothing.
    private func event(of input: WorkerInput) -> WorkerLifecycle.Event? {
        switch input {
        case .lease(let lease, let terms):
            // A master that was started again may have its head daemon elsewhere.
            if let before = self.terms, (before.recipe, before.parameters) != (terms.recipe, terms.parameters) {
                self.source.yield(.event(.restartRequested))
            }
            self.terms = terms
            return .leased(lease)
        case .logs(let request, let lines):
            self.outgoing?.yield(.log(request: request, lines: self.logTail(lines)))
            return nil
        case .dial(let secret):
            self.dial(secret)
            return nil
        case .event(.daemonEnded(let reason)):
            self.log.info("the daemon ended: \(reason)")
            self.vitals.ended(reason)
            return self.workDirectory?.isFull == true
                ? .daemonRefused(.tryLater, reason: "the daemon ended: \(reason), and its disk is full")
                : .daemonEnded(reason: reason)
        case .event(.daemonRefused(let refusal, let reason)):
            self.vitals.ended(reason)
            return .daemonRefused(refusal, reason: reason)
        case .event(.tick):
            let now = MonotonicClock.now
            if self.vitals.needsSample(at: now) {
                self.sample(at: now)
            }
            if let reason = self.vitals.idleReason(at: now) {
                self.source.yield(.event(.leaveRequested(reason: reason)))
            }
            return .tick
        case .event(let other):
            return other
        }
    }

    private func perform(_ action: WorkerLifecycle.Action) async -> WorkerService.End? {
        switch action {
        case .connect:
            self.connect()
        case .sendClaim:
            let reach = await self.reach()
            self.outgoing?.yield(.hello(protocolName: ControlCodec.protocolName, version: Version.current))
            self.outgoing?.yield(
                .claim(
                    Claim(
                        id: self.claim, masterJobID: self.configuration.server.masterJobID,
                        sequence: self.configuration.server.order, host: ThisHost.name, pid: ThisHost.processID,
                        certificateRequest: self.certificateRequest?.text, reach: reach, ticket: self.ticket())))
        case .sendRegister(let lease):
            if let registration {
                self.outgoing?.yield(.register(lease, registration))
            }
        case .sendHeartbeat(let lease):
            self.sample(at: MonotonicClock.now)
            self.outgoing?.yield(.heartbeat(lease, self.vitals.health(self.lifecycle.daemonState)))
        case .sendLeave(let lease, let reason):
            self.outgoing?.yield(.leave(lease, reason: reason))
        case .sendBye(let lease):
            self.goodbye = lease
        case .startDaemon(let lease):
            self.log.info("lease \(lease): starting \(self.terms?.recipe ?? "")")
            self.startDaemon(lease)
        case .stopDaemon:
            self.daemon?.cancel()
        case .exit(let code, let reason):
            return await self.exit(code, reason)
        }
        return nil
    }

    /// The worker's ticket as it is now; `nil` without one.
    private func ticket() -> String? {
        do throws(SessionError) {
            return try self.configuration.credentials?.ticket()
        } catch {
            self.log.warning("no ticket: \(error)")
            return nil
        }
    }

    private func exit(_ code: Int32, _ reason: String) async -> WorkerService.End {
        await self.daemon?.value
        await self.beacon?.close()
        if let goodbye {
            // The master's only look at a log that is about to be out of its reach.
            let log = code == RefusalReason.tryLater.workerExitCode ? self.logTail(Self.lastLines) : []
            self.outgoing?.yield(.bye(goodbye, code: code, reason: reason, log: log))
        }
        self.outgoing?.finish()
        self.workDirectory?.remove(archiving: PreparedDaemon.name)
        self.workDirectory = nil
        // The last words need a moment to leave, but not for ever.
        let connection = self.connection
        let timeout = Task {
            try? await Task.sleep(for: .seconds(1))
            connection?.cancel()
        }
        await connection?.value
        timeout.cancel()
        return WorkerService.End(exitCode: code, reason: reason)
    }

    private func sample(at now: Instant) {
        if let group = self.vitals.group {
            self.vitals.sample(ProcessUsage(group: group), at: now)
        }
    }

    private func logTail(_ lines: Int) -> [String] {
        guard let path = self.workDirectory?.logPath(of: PreparedDaemon.name) else { return [] }
        return LogTail.lines(of: path, last: lines, mostBytes: Self.mostLogBytes)
    }

    // MARK: - Connection

    private func connect() {
        self.log.debug("connecting to \(self.configuration.server.address)")
        let (stream, continuation) = AsyncStream<ControlMessage>.makeStream()
        self.outgoing = continuation
        self.connection = Task {
            let reason = await self.converse(stream)
            self.source.yield(.event(.disconnected(reason: reason)))
        }
    }

    /// One connection to its end.
    private func converse(_ outgoing: AsyncStream<ControlMessage>) async -> String {
        let source = self.source
        let log = self.log
        let master = self.configuration.server.address
        do {
            let channel = try await ControlChannel.connect(to: master, pinning: self.masterKey, self.tls) {
                let reason = "\(master) has another key than the master that was advertised"
                source.yield(.event(.refused(.fullOrGone, reason: reason)))
            }
            self.localHost = channel.channel.localAddress?.ipAddress
            try await channel.executeThenClose { inbound, outbound in
                source.yield(.event(.connected))
                try await ControlChannel.converse(inbound, outbound, saying: outgoing) { line in
                    Self.take(line, source, log)
                }
            }
            return "the master closed the connection"
        } catch {
            return "\(error)"
        }
    }

    private static func take(
        _ line: ByteBuffer, _ source: AsyncStream<WorkerInput>.Continuation, _ log: Logger
    ) {
        let message: ControlMessage
        do {
            message = try ControlCodec.decode(line)
        } catch {
            return log.warning("the master's line is not understood: \(error)")
        }
        switch message {
        case .hello(let name, let version) where name != ControlCodec.protocolName:
            let found = "\(ValueError.quoted(name)) of version \(ValueError.quoted(version))"
            source.yield(
                .event(.refused(.forbidden, reason: "expected protocol \(ControlCodec.protocolName), found \(found)")))
        case .lease(let lease, let terms): source.yield(.lease(lease, terms))
        case .refused(let refusal, let reason): source.yield(.event(.refused(refusal, reason: reason)))
        case .registered: source.yield(.event(.registered))
        case .acknowledged: source.yield(.event(.acknowledged))
        case .leaseLost: source.yield(.event(.leaseLost))
        case .retire(let reason): source.yield(.event(.retiring(reason: reason)))
        case .stop(let reason): source.yield(.event(.stopRequested(reason: reason)))
        case .error(let reason): log.warning("the master did not understand: \(ValueError.quoted(reason))")
        case .restart: source.yield(.event(.restartRequested))
        case .logs(let request, let lines): source.yield(.logs(request: request, lines: lines))
        case .dial(let secret): source.yield(.dial(secret))
        case .hello, .claim, .register, .heartbeat, .leave, .bye, .log, .dialFailed: break
        }
    }

    // MARK: - Reach

    /// Where this worker can be met; `nil` once it has its terms, or where it can't listen.
    private func reach() async -> Claim.Reach? {
        guard self.terms == nil, let host = self.localHost else { return nil }
        if self.beacon == nil {
            do {
                self.beacon = try await ReachBeacon(
                    host: host, port: try self.daemonPort(), group: MultiThreadedEventLoopGroup.singleton)
            } catch {
                self.log.warning("the master can't see whether it reaches this worker: \(error)")
            }
        }
        return self.beacon?.reach
    }

    private func daemonPort() throws(RecipeError) -> PortReservation {
        if let port { return port }
        let port = try PortReservation(from: self.configuration.ports)
        self.port = port
        return port
    }

    /// Makes a stream from the daemon to the master. It is this worker's daemon only while that runs.
    private func dial(_ secret: StreamSecret) {
        let outgoing = self.outgoing
        guard let port, self.terms?.contact != nil, self.vitals.group != nil else {
            outgoing?.yield(.dialFailed(secret))
            return
        }
        let (server, key, tls, log) = (self.configuration.server, self.masterKey, self.tls, self.log)
        Task {
            do {
                try await DialBack(
                    master: server.address, tls: tls, pinning: key,
                    daemon: try Address(host: "127.0.0.1", port: Int(port.port)),
                    group: MultiThreadedEventLoopGroup.singleton
                ).dial(secret)
            } catch {
                log.debug("\(error)")
                outgoing?.yield(.dialFailed(secret))
            }
        }
    }

    // MARK: - Daemon

    private func startDaemon(_ lease: LeaseID) {
        guard let terms, let recipe = self.recipes[terms.recipe] else {
            let name = ValueError.quoted(self.terms?.recipe ?? "")
            self.source.yield(.event(.daemonRefused(.forbidden, reason: "recipe \(name) is not allowed here")))
            return
        }
        self.vitals.starting()
        self.daemon = Task {
            let event: WorkerLifecycle.Event
            do {
                event = .daemonEnded(reason: try await self.runDaemon(recipe, terms, lease))
            } catch {
                event =
                    Task.isCancelled
                    ? .daemonEnded(reason: "cancelled")
                    : .daemonRefused(.tryLater, reason: "the daemon can't run: \(error)")
            }
            self.source.yield(.event(event))
        }
    }

    /// - Returns: How it ended, in words.
    private func runDaemon(_ recipe: any Recipe, _ terms: LeaseTerms, _ lease: LeaseID) async throws -> String {
        let directory = try self.workDirectory ?? WorkDirectory(below: self.configuration.directory, lease: lease)
        self.workDirectory = directory
        await self.beacon?.close()
        self.beacon = nil
        let port = try self.daemonPort()
        let prepared = try await PreparedDaemon(
            recipe, lease: lease, terms: terms, directory: directory.path, port: port.port,
            host: self.localHost, request: self.certificateRequest, log: self.log)
        let source = self.source
        let end = try await prepared.daemon.run {
            await self.isReady(as: prepared.registration)
            source.yield(.event(.daemonReady))
        } onStart: { group in
            await self.isRunning(as: group)
        }
        return end
    }

    private func isRunning(as group: Int32) {
        self.vitals.started(group: group, at: MonotonicClock.now)
    }

    private func isReady(as registration: Registration) {
        self.registration = registration
    }
}
