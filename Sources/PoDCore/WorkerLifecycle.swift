/// The life of a worker: claim, lease, daemon, registration, heartbeats, end.
///
/// Rules, and why:
/// - One claim id for the worker's life: asking again after a lost connection gets the same lease.
/// - A daemon runs only under a lease that the master acknowledged, and what was acknowledged was **sent** less than
///   ``Limits/daemonSilence`` ago: after that the slot may be another's. An acknowledgement that comes late, from a
///   network that held it back, says nothing of the time in between.
/// - Without the master for ``Limits/longestSilence`` the worker ends, whatever it was doing.
/// - Connections are tried again with a doubling delay, so that a master that is away is not stormed.
/// - A daemon that ends is started again ``Limits/restarts`` times, with a doubling delay: one that can't run here
///   must not spin, and its slot goes to another. A start that was asked for is not one of these, and a daemon that was
///   ready for ``Limits/steady`` makes up for those before it: a day has more than one bad moment.
/// - A worker that runs on somebody's time ends before that does, by max(300 s, 5 %) and a staggered part of as much,
///   so that the workers of one site, started in one moment, do not leave in one moment.
/// - A worker that leaves of its own will asks the master first, which lets the head daemon take over what the worker's
///   daemon holds, and waits ``Limits/handover`` for its word. A daemon that ends meanwhile was taken over.
/// - Goodbye is said when the daemon has ended, not before: the master may give the slot away at once.
///
/// Invariants: one daemon at a time, and at most 1 + ``Limits/restarts`` one after another that were not ready for
/// ``Limits/steady``, beside those that were asked for; after ``Action/exit(code:reason:)`` there are no actions.
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
        /// How often a daemon that ended is started again; 0 ends the worker with it.
        public var restarts = 0
        /// The delay before the first restart; it doubles.
        public var firstRestart: Duration = .seconds(1)
        /// A daemon that was ready for so long makes up for those that failed before it.
        public var steady: Duration = .seconds(600)
        /// From the wish to leave to the end of the daemon, where the master does not say that it may end before.
        public var handover: Duration = .seconds(45)
        /// What is left of the JobAgent's time at the worker's start; `nil` without an end.
        public var timeToLive: Duration?
        /// 0 to 1: where in the staggered part this worker ends, drawn at random for each.
        public var stagger = 0.0

        public init() {}

        /// From the start to the end that the time to live demands; never before half of it is over.
        var lifetime: Duration? {
            guard let timeToLive, timeToLive > .zero else { return self.timeToLive }
            let margin = max(.seconds(300), timeToLive * 0.05)
            let stagger = min(max(self.stagger, 0), 1)
            return max(timeToLive * 0.5, timeToLive - margin - margin * stagger)
        }
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
        /// The worker is of no use here any more; what it holds may be.
        case leaveRequested(reason: String)
        /// The master lets the head daemon take over what this worker's daemon holds, and will want the end then.
        case retiring(reason: String)
        /// The master wants the daemon ended and started again, on the same lease.
        case restartRequested
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
        case sendLeave(LeaseID, reason: String)
        case sendBye(LeaseID)
        case stopDaemon
        case exit(code: Int32, reason: String)
    }

    /// How the daemon is, in one word for people.
    public enum DaemonState: String, Hashable, Sendable {
        case none, starting, ready, restarting, stopping
    }

    private enum Phase: Hashable, Sendable {
        case claiming
        case starting(LeaseID)
        case ready(LeaseID)
        case registered(LeaseID)
        /// The daemon ended, and is started again at a time.
        case restarting(LeaseID, at: Instant)
        /// The daemon is being ended, to be started again.
        case renewing(LeaseID)
        /// The daemon hands over what it holds; it is not started again.
        case leaving(LeaseID, before: Instant, reason: String)
        /// The daemon is being ended; then the worker ends, with a goodbye for a lease that it still has.
        case stopping(lease: LeaseID?, code: Int32, reason: String)
        case ended
    }

    private let limits: Limits
    private var phase = Phase.claiming
    private var isConnected = false
    private var nextConnection: Instant?
    private var retry: Duration
    /// When the last message that was answered left: the master has heard of this worker since.
    private var lastHeard: Instant
    private var claimSentAt: Instant?
    /// When the registrations and heartbeats of this connection left that have no answer yet; answers keep the order.
    private var unanswered: [Instant] = []
    private var nextHeartbeat: Instant?
    private var restartsLeft: Int
    private var restartDelay: Duration
    /// Since when the daemon has been ready; `nil` while it is not.
    private var readySince: Instant?
    private let endOfLife: Instant?

    public init(limits: Limits = Limits(), startedAt now: Instant) {
        self.limits = limits
        self.restartsLeft = limits.restarts
        self.restartDelay = limits.firstRestart
        self.endOfLife = limits.lifetime.map { now.advanced(by: $0) }
        self.retry = limits.firstRetry
        self.lastHeard = now
        self.nextConnection = now
    }

    /// When to send ``Event/tick`` at the latest; `nil` when only an event can bring something.
    public var nextDeadline: Instant? {
        switch self.phase {
        case .stopping, .ended:
            return nil
        case .claiming, .starting, .ready, .registered, .restarting, .renewing, .leaving:
            let silence = self.lease != nil ? self.limits.daemonSilence : self.limits.longestSilence
            let deadlines = [
                self.nextConnection, self.nextHeartbeat, self.lastHeard.advanced(by: silence), self.nextRestart,
                self.leavesBefore ?? self.endOfLife,
            ]
            return deadlines.compactMap { $0 }.min()
        }
    }

    public var daemonState: DaemonState {
        switch self.phase {
        case .claiming, .ended: .none
        case .starting: .starting
        case .ready, .registered, .leaving: .ready
        case .restarting, .renewing: .restarting
        case .stopping: .stopping
        }
    }

    /// Takes what happened and says what to do.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        switch self.phase {
        case .ended:
            return []
        case .stopping(let lease, let code, let reason):
            return self.stopping(event, lease, code: code, reason: reason)
        case .claiming, .starting, .ready, .registered, .restarting, .renewing, .leaving:
            return self.live(event, at: now)
        }
    }

    private mutating func live(_ event: Event, at now: Instant) -> [Action] {
        switch event {
        case .connected:
            self.isConnected = true
            self.nextConnection = nil
            self.claimSentAt = now
            self.unanswered = []
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
            self.readySince = now
            return self.isConnected ? self.register(lease, at: now) : []
        case .daemonRefused(let refusal, let reason):
            return self.end(self.lease, code: refusal.workerExitCode, reason: reason)
        case .daemonEnded(let reason):
            return self.daemonEnded(reason, at: now)
        case .registered:
            if case .ready(let lease) = self.phase {
                self.phase = .registered(lease)
            }
            self.answered()
            return []
        case .acknowledged:
            self.answered()
            return []
        case .leaseLost:
            return self.stop(lease: nil, code: 69, reason: "the lease is lost")
        case .stopRequested(let reason):
            return self.stop(lease: self.lease, code: 0, reason: self.leavingReason ?? reason)
        case .leaveRequested(let reason):
            return self.leave(reason, at: now)
        case .retiring(let reason):
            self.retire(reason, at: now)
            return []
        case .restartRequested:
            return self.renew()
        case .parentGone:
            return self.stop(lease: self.lease, code: 0, reason: "the process that started this worker is gone")
        case .tick:
            return self.tick(at: now)
        }
    }

    private var lease: LeaseID? {
        switch self.phase {
        case .starting(let lease), .ready(let lease), .registered(let lease), .restarting(let lease, _),
            .renewing(let lease), .leaving(let lease, _, _):
            lease
        case .claiming, .stopping, .ended: nil
        }
    }

    private var hasDaemon: Bool {
        switch self.phase {
        case .starting, .ready, .registered, .renewing, .leaving, .stopping: true
        case .claiming, .restarting, .ended: false
        }
    }

    private var nextRestart: Instant? {
        if case .restarting(_, let at) = self.phase { at } else { nil }
    }

    private var leavesBefore: Instant? {
        if case .leaving(_, let before, _) = self.phase { before } else { nil }
    }

    private var leavingReason: String? {
        if case .leaving(_, _, let reason) = self.phase { reason } else { nil }
    }

    /// Asks the master to let the head daemon take over, where there is something that it could.
    private mutating func leave(_ reason: String, at now: Instant) -> [Action] {
        switch self.phase {
        case .registered(let lease) where self.isConnected:
            self.retire(reason, at: now)
            return [.sendLeave(lease, reason: reason)]
        case .leaving:
            return []
        case .claiming, .starting, .ready, .registered, .restarting, .renewing, .stopping, .ended:
            return self.stop(lease: self.lease, code: 0, reason: reason)
        }
    }

    private mutating func retire(_ reason: String, at now: Instant) {
        switch self.phase {
        case .ready(let lease), .registered(let lease):
            self.phase = .leaving(lease, before: now.advanced(by: self.limits.handover), reason: reason)
        case .claiming, .starting, .restarting, .renewing, .leaving, .stopping, .ended:
            break
        }
    }

    private mutating func daemonEnded(_ reason: String, at now: Instant) -> [Action] {
        guard self.hasDaemon else { return [] }
        if let readySince, now.duration(since: readySince) >= self.limits.steady {
            self.restartsLeft = self.limits.restarts
            self.restartDelay = self.limits.firstRestart
        }
        self.readySince = nil
        if let leavingReason {
            return self.end(self.lease, code: 0, reason: leavingReason)
        }
        if case .renewing(let lease) = self.phase {
            self.phase = .starting(lease)
            return [.startDaemon(lease)]
        }
        guard self.restartsLeft > 0, let lease else {
            return self.end(self.lease, code: 75, reason: "the daemon ended: \(reason)")
        }
        self.restartsLeft &-= 1
        self.phase = .restarting(lease, at: now.advanced(by: self.restartDelay))
        self.restartDelay = self.restartDelay.saturatingAdd(self.restartDelay)
        return []
    }

    /// Ends the daemon to start it again; one that waits for its start does so at once.
    private mutating func renew() -> [Action] {
        switch self.phase {
        case .starting(let lease), .ready(let lease), .registered(let lease):
            self.phase = .renewing(lease)
            return [.stopDaemon]
        case .restarting(let lease, _):
            self.phase = .starting(lease)
            return [.startDaemon(lease)]
        case .claiming, .renewing, .leaving, .stopping, .ended:
            return []
        }
    }

    private mutating func heard(since sent: Instant) {
        self.lastHeard = max(self.lastHeard, sent)
        self.retry = self.limits.firstRetry
    }

    private mutating func answered() {
        guard !self.unanswered.isEmpty else { return }
        self.heard(since: self.unanswered.removeFirst())
    }

    private mutating func register(_ lease: LeaseID, at now: Instant) -> [Action] {
        self.unanswered.append(now)
        return [.sendRegister(lease)]
    }

    private mutating func leased(_ lease: LeaseID, at now: Instant) -> [Action] {
        self.heard(since: self.claimSentAt ?? self.lastHeard)
        self.nextHeartbeat = now.advanced(by: self.limits.heartbeat)
        switch self.phase {
        case .claiming:
            self.phase = .starting(lease)
            return [.startDaemon(lease)]
        case .starting(let own) where own == lease, .restarting(let own, _) where own == lease:
            return []
        case .renewing(let own) where own == lease:
            return []
        case .ready(let own) where own == lease, .registered(let own) where own == lease:
            self.phase = .ready(lease)
            return self.register(lease, at: now)
        case .leaving(let own, _, let reason) where own == lease:
            // The wish may have been lost with the connection.
            return self.register(lease, at: now) + [.sendLeave(lease, reason: reason)]
        case .starting, .ready, .registered, .restarting, .renewing, .leaving:
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
        if self.lease != nil, silence >= self.limits.daemonSilence {
            return self.stop(
                lease: self.lease, code: 69, reason: "the master has been silent for \(silence.components.seconds) s")
        }
        if silence >= self.limits.longestSilence {
            return self.stop(lease: self.lease, code: 69, reason: "the master can't be reached")
        }
        if let leavesBefore, let leavingReason {
            if now >= leavesBefore {
                return self.stop(lease: self.lease, code: 0, reason: leavingReason)
            }
        } else if let endOfLife, now >= endOfLife {
            return self.leave("the JobAgent's time is nearly over", at: now)
        }
        if case .restarting(let lease, let due) = self.phase, now >= due {
            self.phase = .starting(lease)
            return [.startDaemon(lease)]
        }
        if let due = self.nextConnection, now >= due {
            self.nextConnection = nil
            return [.connect]
        }
        if let due = self.nextHeartbeat, now >= due, let lease, self.isConnected {
            self.nextHeartbeat = now.advanced(by: self.limits.heartbeat)
            self.unanswered.append(now)
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
            return self.end(lease, code: code, reason: reason)
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
