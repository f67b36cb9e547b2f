/// The life of a worker: claim, lease, daemon, registration, heartbeats, end.
///
/// Rules, and why:
/// - One claim id for the worker's life: asking again after a lost connection gets the same lease.
/// - A daemon runs only under a lease that the master acknowledged less than ``Limits/daemonSilence`` ago: after that
///   the slot may be another's.
/// - Without the master for ``Limits/longestSilence`` the worker ends, whatever it was doing.
/// - Connections are tried again with a doubling delay, so that a master that is away is not stormed.
/// - Goodbye is said when the daemon has ended, not before: the master may give the slot away at once.
///
/// Invariants: the daemon is started at most once a lease; after ``Action/exit(code:reason:)`` there are no actions.
public struct WorkerLifecycle: Sendable {
    public struct Limits: Hashable, Sendable {
        public var heartbeat: Duration = .seconds(15)
        /// From the last acknowledgement to the end of the daemon.
        public var daemonSilence: Duration = .seconds(45)
        /// From the last acknowledgement, or the start, to the end of the worker.
        public var longestSilence: Duration = .seconds(60)
        /// The first delay before another connection; it doubles up to ``longestRetry``.
        public var firstRetry: Duration = .milliseconds(500)
        public var longestRetry: Duration = .seconds(8)

        public init() {}
    }

    public enum Event: Hashable, Sendable {
        case connected
        /// The connection ended, or could not be made.
        case disconnected(reason: String)
        case leased(LeaseID)
        case refused(RefusalReason, reason: String)
        case daemonReady
        /// No daemon runs for the lease, and none will.
        case daemonRefused(RefusalReason, reason: String)
        case daemonEnded(reason: String)
        case registered
        case acknowledged
        case leaseLost
        /// The master, or a signal, wants the end.
        case stopRequested(reason: String)
        /// The process that started the worker is gone.
        case parentGone
        /// Time has passed.
        case tick
    }

    public enum Action: Hashable, Sendable {
        case connect
        case sendClaim
        case startDaemon(LeaseID)
        case sendRegister(LeaseID)
        case sendHeartbeat(LeaseID)
        case sendBye(LeaseID)
        case stopDaemon
        case exit(code: Int32, reason: String)
    }

    private enum Phase: Hashable, Sendable {
        case claiming
        case starting(LeaseID)
        case ready(LeaseID)
        case registered(LeaseID)
        /// The daemon is being ended; then the worker ends, with a goodbye for a lease that it still has.
        case stopping(lease: LeaseID?, code: Int32, reason: String)
        case ended
    }

    private let limits: Limits
    private var phase = Phase.claiming
    private var isConnected = false
    private var nextConnection: Instant?
    private var retry: Duration
    private var lastHeard: Instant
    private var nextHeartbeat: Instant?

    public init(limits: Limits = Limits(), startedAt now: Instant) {
        self.limits = limits
        self.retry = limits.firstRetry
        self.lastHeard = now
        self.nextConnection = now
    }

    /// When to send ``Event/tick`` at the latest; `nil` when only an event can bring something.
    public var nextDeadline: Instant? {
        switch self.phase {
        case .stopping, .ended:
            return nil
        case .claiming, .starting, .ready, .registered:
            let silence = self.hasDaemon ? self.limits.daemonSilence : self.limits.longestSilence
            let deadlines = [self.nextConnection, self.nextHeartbeat, self.lastHeard.advanced(by: silence)]
            return deadlines.compactMap { $0 }.min()
        }
    }

    /// Takes what happened and says what to do.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        switch self.phase {
        case .ended:
            return []
        case .stopping(let lease, let code, let reason):
            return self.stopping(event, lease, code: code, reason: reason)
        case .claiming, .starting, .ready, .registered:
            return self.live(event, at: now)
        }
    }

    private mutating func live(_ event: Event, at now: Instant) -> [Action] {
        switch event {
        case .connected:
            self.isConnected = true
            self.nextConnection = nil
            return [.sendClaim]
        case .disconnected(let reason):
            return self.disconnected(reason, at: now)
        case .leased(let lease):
            return self.leased(lease, at: now)
        case .refused(let refusal, let reason):
            return self.stop(lease: nil, code: refusal.workerExitCode, reason: reason)
        case .daemonReady:
            guard case .starting(let lease) = self.phase else { return [] }
            self.phase = .ready(lease)
            return self.isConnected ? [.sendRegister(lease)] : []
        case .daemonRefused(let refusal, let reason):
            return self.end(self.lease, code: refusal.workerExitCode, reason: reason)
        case .daemonEnded(let reason):
            return self.end(self.lease, code: 75, reason: "the daemon ended: \(reason)")
        case .registered:
            if case .ready(let lease) = self.phase {
                self.phase = .registered(lease)
            }
            self.heard(at: now)
            return []
        case .acknowledged:
            self.heard(at: now)
            return []
        case .leaseLost:
            return self.stop(lease: nil, code: 69, reason: "the lease is lost")
        case .stopRequested(let reason):
            return self.stop(lease: self.lease, code: 0, reason: reason)
        case .parentGone:
            return self.stop(lease: self.lease, code: 0, reason: "the process that started this worker is gone")
        case .tick:
            return self.tick(at: now)
        }
    }

    private var lease: LeaseID? {
        switch self.phase {
        case .starting(let lease), .ready(let lease), .registered(let lease): lease
        case .claiming, .stopping, .ended: nil
        }
    }

    private var hasDaemon: Bool { self.lease != nil }

    private mutating func heard(at now: Instant) {
        self.lastHeard = now
        self.retry = self.limits.firstRetry
    }

    private mutating func leased(_ lease: LeaseID, at now: Instant) -> [Action] {
        self.heard(at: now)
        self.nextHeartbeat = now.advanced(by: self.limits.heartbeat)
        switch self.phase {
        case .claiming:
            self.phase = .starting(lease)
            return [.startDaemon(lease)]
        case .starting(let own) where own == lease:
            return []
        case .ready(let own) where own == lease, .registered(let own) where own == lease:
            self.phase = .ready(lease)
            return [.sendRegister(lease)]
        case .starting, .ready, .registered:
            // The master forgot the lease and gave another: the daemon was started for the old one.
            return self.stop(lease: lease, code: 69, reason: "the lease is lost")
        case .stopping, .ended:
            return []
        }
    }

    private mutating func disconnected(_ reason: String, at now: Instant) -> [Action] {
        self.isConnected = false
        self.nextHeartbeat = nil
        self.nextConnection = now.advanced(by: self.retry)
        self.retry = min(self.retry + self.retry, self.limits.longestRetry)
        return []
    }

    private mutating func tick(at now: Instant) -> [Action] {
        let silence = now.duration(since: self.lastHeard)
        if self.hasDaemon, silence >= self.limits.daemonSilence {
            return self.stop(
                lease: self.lease, code: 69, reason: "the master has been silent for \(silence.components.seconds) s")
        }
        if silence >= self.limits.longestSilence {
            return self.stop(lease: self.lease, code: 69, reason: "the master can't be reached")
        }
        if let due = self.nextConnection, now >= due {
            self.nextConnection = nil
            return [.connect]
        }
        if let due = self.nextHeartbeat, now >= due, let lease, self.isConnected {
            self.nextHeartbeat = now.advanced(by: self.limits.heartbeat)
            return [.sendHeartbeat(lease)]
        }
        return []
    }

    private mutating func stopping(
        _ event: Event, _ lease: LeaseID?, code: Int32, reason: String
    ) -> [Action] {
        switch event {
        case .daemonEnded, .daemonRefused:
            return self.end(lease, code: code, reason: reason)
        case .disconnected:
            self.isConnected = false
            return []
        case .leaseLost:
            self.phase = .stopping(lease: nil, code: code, reason: reason)
            return []
        default:
            return []
        }
    }

    /// Ends the daemon, if there is one, and then the worker.
    private mutating func stop(lease: LeaseID?, code: Int32, reason: String) -> [Action] {
        guard self.hasDaemon else {
            return self.end(nil, code: code, reason: reason)
        }
        self.phase = .stopping(lease: lease, code: code, reason: reason)
        return [.stopDaemon]
    }

    /// There is no daemon any more.
    private mutating func end(_ lease: LeaseID?, code: Int32, reason: String) -> [Action] {
        self.phase = .ended
        let goodbye = self.isConnected ? lease.map { [Action.sendBye($0)] } ?? [] : []
        return goodbye + [.exit(code: code, reason: reason)]
    }
}

extension RefusalReason {
    /// The exit code that tells it to the watcher.
    public var workerExitCode: Int32 {
        switch self {
        case .fullOrGone: 69
        case .tryLater: 75
        case .forbidden: 77
        }
    }
}
