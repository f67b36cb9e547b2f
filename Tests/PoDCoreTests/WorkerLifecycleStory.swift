import PoDCore
import Testing

/// The life of a worker as a list: what comes in at which second, and what is to be done then.
struct WorkerLifecycleStory: Sendable, CustomTestStringConvertible {
    struct Step: Sendable {
        let second: Double
        let event: WorkerLifecycle.Event
        let actions: [WorkerLifecycle.Action]

        init(_ second: Double, _ event: WorkerLifecycle.Event, _ actions: WorkerLifecycle.Action...) {
            self.second = second
            self.event = event
            self.actions = actions
        }
    }

    let name: String
    let steps: [Step]
    /// How often the daemon may be started again.
    let restarts: Int
    var testDescription: String { self.name }

    init(_ name: String, restarts: Int = 0, _ steps: [Step]) {
        self.name = name
        self.restarts = restarts
        self.steps = steps
    }
}

extension WorkerLifecycleStory {
    static let lease = LeaseID(epoch: 5, number: 1)
    static let otherLease = LeaseID(epoch: 6, number: 1)

    private static let connects = [Step(0, .tick, .connect), Step(0, .connected, .sendClaim)]
    private static let starts = connects + [Step(1, .leased(lease), .startDaemon(lease))]
    private static let registers = starts + [Step(2, .daemonReady, .sendRegister(lease)), Step(2, .registered)]

    /// The same, with a daemon that is ready in no time.
    private static let started = [
        Step(0, .tick, .connect), Step(0, .connected, .sendClaim), Step(0, .leased(lease), .startDaemon(lease)),
        Step(1, .daemonReady, .sendRegister(lease)), Step(1, .registered),
    ]

    private static func exit(_ code: Int32, _ reason: String) -> WorkerLifecycle.Action {
        .exit(code: code, reason: reason)
    }

    static let all = [
        WorkerLifecycleStory(
            "a session from claim to its end",
            registers + [
                Step(15.9, .tick),
                Step(16, .tick, .sendHeartbeat(lease)),
                Step(16, .acknowledged),
                Step(31, .tick, .sendHeartbeat(lease)),
                Step(31, .acknowledged),
                Step(32, .stopRequested(reason: "the session has ended"), .stopDaemon),
                Step(33, .daemonEnded(reason: "exit code 0"), .sendBye(lease), exit(0, "the session has ended")),
                Step(34, .tick),
                Step(34, .connected),
            ]),
        WorkerLifecycleStory(
            "full",
            connects + [Step(1, .refused(.fullOrGone, reason: "every slot is taken"), exit(69, "every slot is taken"))]),
        WorkerLifecycleStory("try later", connects + [Step(1, .refused(.tryLater, reason: "busy"), exit(75, "busy"))]),
        WorkerLifecycleStory("refused", connects + [Step(1, .refused(.forbidden, reason: "no"), exit(77, "no"))]),
        WorkerLifecycleStory(
            "a daemon that may not run here gives its slot back at once",
            starts + [
                Step(1, .daemonRefused(.forbidden, reason: "not here"), .sendBye(lease), exit(77, "not here"))
            ]),
        WorkerLifecycleStory(
            "a daemon that ends gives its slot back",
            registers + [
                Step(9, .daemonEnded(reason: "signal 9"), .sendBye(lease), exit(75, "the daemon ended: signal 9"))
            ]),
        WorkerLifecycleStory(
            "no goodbye while the daemon still runs, nor on a connection that is gone",
            registers + [
                Step(5, .stopRequested(reason: "SIGTERM"), .stopDaemon),
                Step(6, .stopRequested(reason: "SIGTERM")),
                Step(7, .disconnected(reason: "reset")),
                Step(8, .daemonEnded(reason: "signal 15"), exit(0, "SIGTERM")),
            ]),
        WorkerLifecycleStory(
            "a lost lease ends the daemon, and needs no goodbye",
            registers + [
                Step(5, .leaseLost, .stopDaemon),
                Step(6, .daemonEnded(reason: "signal 15"), exit(69, "the lease is lost")),
            ]),
        WorkerLifecycleStory(
            "a lease lost while stopping needs no goodbye either",
            registers + [
                Step(5, .stopRequested(reason: "SIGTERM"), .stopDaemon),
                Step(6, .leaseLost),
                Step(7, .daemonEnded(reason: "signal 15"), exit(0, "SIGTERM")),
            ]),
        WorkerLifecycleStory(
            "the process that started it is gone",
            starts + [
                Step(2, .parentGone, .stopDaemon),
                Step(
                    3, .daemonEnded(reason: "signal 15"), .sendBye(lease),
                    exit(0, "the process that started this worker is gone")),
            ]),
        WorkerLifecycleStory(
            "stopped before it had a slot", connects + [Step(1, .stopRequested(reason: "SIGINT"), exit(0, "SIGINT"))]),
        WorkerLifecycleStory(
            "connections are tried again after 0.5, 1, 2, 4, 8 and 8 s, until 60 s have passed",
            [
                Step(0, .tick, .connect), Step(0, .disconnected(reason: "refused")),
                Step(0.4, .tick), Step(0.5, .tick, .connect), Step(0.5, .disconnected(reason: "refused")),
                Step(1.4, .tick), Step(1.5, .tick, .connect), Step(1.5, .disconnected(reason: "refused")),
                Step(3.5, .tick, .connect), Step(3.5, .disconnected(reason: "refused")),
                Step(7.5, .tick, .connect), Step(7.5, .disconnected(reason: "refused")),
                Step(15.4, .tick), Step(15.5, .tick, .connect), Step(15.5, .disconnected(reason: "refused")),
                Step(23.4, .tick), Step(23.5, .tick, .connect), Step(23.5, .disconnected(reason: "refused")),
                Step(60, .tick, exit(69, "the master can't be reached")),
            ]),
        WorkerLifecycleStory(
            "a connection that comes back gets the same lease, and registers again",
            registers + [
                Step(3, .disconnected(reason: "reset")), Step(3.5, .tick, .connect),
                Step(3.5, .connected, .sendClaim), Step(3.6, .leased(lease), .sendRegister(lease)),
                Step(3.7, .registered), Step(18.6, .tick, .sendHeartbeat(lease)),
            ]),
        WorkerLifecycleStory(
            "the daemon becomes ready without a connection: it registers with the next",
            starts + [
                Step(2, .disconnected(reason: "reset")), Step(2.1, .daemonReady), Step(2.5, .tick, .connect),
                Step(2.5, .connected, .sendClaim), Step(2.6, .leased(lease), .sendRegister(lease)),
            ]),
        WorkerLifecycleStory(
            "a master that forgot the lease and gave another gets that one back",
            registers + [
                Step(3, .disconnected(reason: "reset")), Step(3.5, .tick, .connect),
                Step(3.5, .connected, .sendClaim), Step(3.6, .leased(otherLease), .stopDaemon),
                Step(4, .daemonEnded(reason: "signal 15"), .sendBye(otherLease), exit(69, "the lease is lost")),
            ]),
        WorkerLifecycleStory(
            "a daemon never outlives 45 s of silence",
            registers + [
                Step(16, .tick, .sendHeartbeat(lease)), Step(31, .tick, .sendHeartbeat(lease)),
                Step(46, .tick, .sendHeartbeat(lease)), Step(46.9, .tick),
                Step(47, .tick, .stopDaemon),
                Step(
                    48, .daemonEnded(reason: "signal 15"), .sendBye(lease),
                    exit(69, "the master has been silent for 45 s")),
            ]),
        WorkerLifecycleStory(
            "a whole life, ended by the master",
            started + [
                Step(15, .tick, .sendHeartbeat(lease)),
                Step(15, .acknowledged),
                Step(16, .stopRequested(reason: "enough"), .stopDaemon),
                Step(17, .tick),
                Step(18, .daemonEnded(reason: "signal 15"), .sendBye(lease), .exit(code: 0, reason: "enough")),
                Step(19, .connected),
            ]),
        WorkerLifecycleStory(
            "a master that can't be reached is tried again, ever later, for a minute",
            [
                Step(0, .tick, .connect),
                Step(0, .disconnected(reason: "refused")),
                Step(1, .tick, .connect),
                Step(1, .disconnected(reason: "refused")),
                Step(2, .tick, .connect),
                Step(2, .disconnected(reason: "refused")),
                Step(3, .tick),
                Step(4, .tick, .connect),
                Step(60, .tick, .exit(code: 69, reason: "the master can't be reached")),
            ]),
        WorkerLifecycleStory(
            "without an acknowledgement the daemon ends after 45 s",
            started + [
                Step(15, .tick, .sendHeartbeat(lease)),
                Step(30, .tick, .sendHeartbeat(lease)),
                Step(45, .tick, .sendHeartbeat(lease)),
                Step(46, .tick, .stopDaemon),
            ]),
        WorkerLifecycleStory(
            "an acknowledgement that was held back says nothing of the time in between",
            started + [
                Step(15, .tick, .sendHeartbeat(lease)),
                Step(30, .tick, .sendHeartbeat(lease)),
                Step(44, .acknowledged),
                Step(45, .tick, .sendHeartbeat(lease)),
                Step(59, .tick),
                Step(60, .tick, .stopDaemon),
            ]),
        WorkerLifecycleStory(
            "an acknowledgement that nobody asked for is none",
            started + [
                Step(40, .acknowledged),
                Step(45, .tick, .sendHeartbeat(lease)),
                Step(46, .tick, .stopDaemon),
            ]),
        WorkerLifecycleStory(
            "another lease is given back, for the daemon belongs to the first",
            started + [
                Step(5, .disconnected(reason: "reset")),
                Step(6, .tick, .connect),
                Step(6, .connected, .sendClaim),
                Step(6, .leased(otherLease), .stopDaemon),
                Step(
                    7, .daemonEnded(reason: "signal 15"),
                    .sendBye(otherLease), .exit(code: 69, reason: "the lease is lost")),
            ]),
        WorkerLifecycleStory(
            "a daemon that ends is started again as often as it may, ever later",
            restarts: 2,
            started + [
                Step(5, .daemonEnded(reason: "exit status 1")),
                Step(5, .daemonEnded(reason: "exit status 1")),
                Step(6, .tick, .startDaemon(lease)),
                Step(7, .daemonReady, .sendRegister(lease)),
                Step(8, .daemonEnded(reason: "exit status 1")),
                Step(9, .tick),
                Step(10, .tick, .startDaemon(lease)),
                Step(
                    11, .daemonEnded(reason: "exit status 1"),
                    .sendBye(lease), .exit(code: 75, reason: "the daemon ended: exit status 1")),
            ]),
        WorkerLifecycleStory(
            "a restart that was asked for is on the same lease, at once, and no failure",
            started + [
                Step(5, .restartRequested, .stopDaemon),
                Step(5, .restartRequested),
                Step(6, .daemonReady),
                Step(6, .daemonEnded(reason: "signal 15"), .startDaemon(lease)),
                Step(7, .daemonReady, .sendRegister(lease)),
                Step(7, .registered),
                Step(8, .restartRequested, .stopDaemon),
                Step(9, .daemonEnded(reason: "signal 15"), .startDaemon(lease)),
                Step(
                    10, .daemonEnded(reason: "exit status 1"),
                    .sendBye(lease), .exit(code: 75, reason: "the daemon ended: exit status 1")),
            ]),
        WorkerLifecycleStory(
            "a restart that was asked for while the daemon waits for one, or without a lease",
            restarts: 1,
            [Step(0, .restartRequested)] + started + [
                Step(5, .daemonEnded(reason: "exit status 1")),
                Step(5.5, .restartRequested, .startDaemon(lease)),
                Step(6, .tick),
            ]),
        WorkerLifecycleStory(
            "heartbeats and a new connection while the daemon is ended for its restart",
            started + [
                Step(5, .restartRequested, .stopDaemon),
                Step(15, .tick, .sendHeartbeat(lease)),
                Step(15, .acknowledged),
                Step(16, .disconnected(reason: "reset")),
                Step(16.5, .tick, .connect),
                Step(16.5, .connected, .sendClaim),
                Step(16.6, .leased(lease)),
                Step(17, .daemonEnded(reason: "signal 9"), .startDaemon(lease)),
                Step(18, .stopRequested(reason: "enough"), .stopDaemon),
                Step(18, .restartRequested),
                Step(19, .daemonEnded(reason: "signal 15"), .sendBye(lease), .exit(code: 0, reason: "enough")),
            ]),
        WorkerLifecycleStory(
            "a worker of no use any more hands over first, and ends when the master says so",
            started + [
                Step(5, .leaveRequested(reason: "idle"), .sendLeave(lease, reason: "idle")),
                Step(5, .leaveRequested(reason: "idle")),
                Step(5, .retiring(reason: "idle")),
                Step(6, .restartRequested),
                Step(15, .tick, .sendHeartbeat(lease)),
                Step(15, .acknowledged),
                Step(16, .stopRequested(reason: "the user wants it to end"), .stopDaemon),
                Step(17, .daemonEnded(reason: "signal 15"), .sendBye(lease), exit(0, "idle")),
            ]),
        WorkerLifecycleStory(
            "a daemon that ends while it hands over was taken over: it is no failure, and not started again",
            restarts: 3,
            started + [
                Step(5, .retiring(reason: "fewer are wanted")),
                Step(6, .daemonEnded(reason: "exit code 0"), .sendBye(lease), exit(0, "fewer are wanted")),
            ]),
        WorkerLifecycleStory(
            "a master that does not answer the wish keeps nobody for longer than 45 s",
            started + [
                Step(5, .leaveRequested(reason: "idle"), .sendLeave(lease, reason: "idle")),
                Step(15, .tick, .sendHeartbeat(lease)), Step(15, .acknowledged),
                Step(30, .tick, .sendHeartbeat(lease)), Step(30, .acknowledged),
                Step(45, .tick, .sendHeartbeat(lease)), Step(45, .acknowledged),
                Step(49.9, .tick),
                Step(50, .tick, .stopDaemon),
                Step(51, .daemonEnded(reason: "signal 15"), .sendBye(lease), exit(0, "idle")),
            ]),
        WorkerLifecycleStory(
            "the wish is told again on a new connection",
            started + [
                Step(5, .leaveRequested(reason: "idle"), .sendLeave(lease, reason: "idle")),
                Step(6, .disconnected(reason: "reset")), Step(6.5, .tick, .connect),
                Step(6.5, .connected, .sendClaim),
                Step(6.6, .leased(lease), .sendRegister(lease), .sendLeave(lease, reason: "idle")),
                Step(6.7, .registered),
                Step(6.8, .stopRequested(reason: "idle"), .stopDaemon),
                Step(7, .daemonEnded(reason: "signal 15"), .sendBye(lease), exit(0, "idle")),
            ]),
        WorkerLifecycleStory(
            "without a connection, or without a daemon that is ready, there is nothing to hand over",
            starts + [
                Step(2, .retiring(reason: "idle")),
                Step(2, .leaveRequested(reason: "idle"), .stopDaemon),
                Step(3, .daemonEnded(reason: "signal 15"), .sendBye(lease), exit(0, "idle")),
            ]),
        WorkerLifecycleStory(
            "a stop wins over a restart",
            started + [
                Step(5, .restartRequested, .stopDaemon),
                Step(6, .stopRequested(reason: "enough"), .stopDaemon),
                Step(7, .daemonEnded(reason: "signal 15"), .sendBye(lease), .exit(code: 0, reason: "enough")),
            ]),
        WorkerLifecycleStory(
            "a worker that waits to restart its daemon ends at once",
            restarts: 1,
            started + [
                Step(5, .daemonEnded(reason: "exit status 1")),
                Step(5, .leaseLost, .exit(code: 69, reason: "the lease is lost")),
            ]),
    ]
}
