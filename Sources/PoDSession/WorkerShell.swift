import Logging
import NIOCore
import NIOPosix
import PoDCore
import PoDRecipes
import PoDRendezvous

/// Performs what the worker's lifecycle says: connections, messages, the daemon.
actor WorkerShell {
    private let configuration: WorkerService.Configuration
    private let recipes: [String: any Recipe]
    private let log: Logger
    private let source: AsyncStream<WorkerInput>.Continuation
    private let claim = ClaimID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))

    private var outgoing: AsyncStream<ControlMessage>.Continuation?
    private var connection: Task<Void, Never>?
    private var daemon: Task<Void, Never>?
    private var plan: (recipe: String, parameters: [String: String])?

    init(
        configuration: WorkerService.Configuration, recipes: [String: any Recipe], log: Logger,
        source: AsyncStream<WorkerInput>.Continuation
    ) {
        self.configuration = configuration
        self.recipes = recipes
        self.log = log
        self.source = source
    }

    func run(_ inputs: AsyncStream<WorkerInput>) async -> WorkerService.End {
        var lifecycle = WorkerLifecycle(limits: self.configuration.limits, startedAt: MonotonicClock.now)
        for await input in inputs {
            let event: WorkerLifecycle.Event
            switch input {
            case .event(let other): event = other
            case .lease(let lease, let recipe, let parameters):
                self.plan = (recipe, parameters)
                event = .leased(lease)
            }
            for action in lifecycle.handle(event, at: MonotonicClock.now) {
                if let end = await self.perform(action) {
                    return end
                }
            }
        }
        return WorkerService.End(exitCode: ExitStatus.software.rawValue, reason: "no more events")
    }

    private func perform(_ action: WorkerLifecycle.Action) async -> WorkerService.End? {
        switch action {
        case .connect:
            self.connect()
        case .sendClaim:
            self.outgoing?.yield(.hello(protocolName: ControlCodec.protocolName, version: Version.current))
            self.outgoing?.yield(
                .claim(
                    self.claim, masterJobID: self.configuration.server.masterJobID,
                    sequence: self.configuration.server.order, host: ThisHost.name, pid: ThisHost.processID))
        case .sendRegister(let lease): self.outgoing?.yield(.register(lease))
        case .sendHeartbeat(let lease): self.outgoing?.yield(.heartbeat(lease))
        case .sendBye(let lease): self.outgoing?.yield(.bye(lease))
        case .startDaemon(let lease):
            self.log.info("lease \(lease): starting \(self.plan?.recipe ?? "")")
            self.startDaemon(lease)
        case .stopDaemon:
            self.daemon?.cancel()
        case .exit(let code, let reason):
            self.outgoing?.finish()
            await self.daemon?.value
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
        return nil
    }

    // MARK: - Connection

    private func connect() {
        let (stream, continuation) = AsyncStream<ControlMessage>.makeStream()
        self.outgoing = continuation
        let address = self.configuration.server.address
        let source = self.source
        let log = self.log
        self.connection = Task {
            let reason = await Self.converse(with: address, stream, source, log)
            source.yield(.event(.disconnected(reason: reason)))
        }
    }

    /// One connection to its end.
    private static func converse(
        with address: Address, _ outgoing: AsyncStream<ControlMessage>,
        _ source: AsyncStream<WorkerInput>.Continuation, _ log: Logger
    ) async -> String {
        do {
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connectTimeout(.seconds(10))
                .connect(host: address.host, port: Int(address.port)) { channel in
                    channel.eventLoop.makeCompletedFuture { try ControlChannel.wrap(channel) }
                }
            try await channel.executeThenClose { inbound, outbound in
                source.yield(.event(.connected))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await message in outgoing {
                            try await outbound.write(ControlCodec.encode(message))
                        }
                    }
                    group.addTask {
                        for try await line in inbound {
                            Self.take(line, source, log)
                        }
                    }
                    defer { group.cancelAll() }
                    try await group.next()
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
        case .lease(let lease, let recipe, let parameters):
            source.yield(.lease(lease, recipe: recipe, parameters: parameters))
        case .refused(let refusal, let reason): source.yield(.event(.refused(refusal, reason: reason)))
        case .registered: source.yield(.event(.registered))
        case .acknowledged: source.yield(.event(.acknowledged))
        case .leaseLost: source.yield(.event(.leaseLost))
        case .stop(let reason): source.yield(.event(.stopRequested(reason: reason)))
        case .error(let reason): log.warning("the master did not understand: \(ValueError.quoted(reason))")
        case .hello, .claim, .register, .heartbeat, .bye: break
        }
    }

    // MARK: - Daemon

    private func startDaemon(_ lease: LeaseID) {
        guard let plan, let recipe = self.recipes[plan.recipe] else {
            let name = ValueError.quoted(self.plan?.recipe ?? "")
            self.source.yield(.event(.daemonRefused(.forbidden, reason: "recipe \(name) is not allowed here")))
            return
        }
        let directory = self.configuration.directory
        let log = self.log
        let source = self.source
        self.daemon = Task {
            let reason: String
            do {
                try await recipe.prepare { line in log.info("\(line)") }
                let daemon = Daemon(
                    plan: try recipe.worker(lease: lease, parameters: plan.parameters, in: directory),
                    directory: directory, name: "daemon", log: log)
                reason = try await daemon.run { source.yield(.event(.daemonReady)) }
            } catch {
                reason = "\(error)"
            }
            source.yield(.event(.daemonEnded(reason: reason)))
        }
    }
}
