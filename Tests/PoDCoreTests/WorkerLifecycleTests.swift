import PoDCore
import PoDTestKit
import Testing

/// The life of a worker, step by step: what comes in at which second, what is to be done.
@Suite struct WorkerLifecycleTests {
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

    struct Story: Sendable, CustomTestStringConvertible {
        let name: String
        let steps: [Step]
        var testDescription: String { self.name }

        init(_ name: String, _ steps: [Step]) {
            self.name = name
            self.steps = steps
        }
    }

    private static let lease = LeaseID(epoch: 5, number: 1)
    private static let otherLease = LeaseID(epoch: 6, number: 1)

    private static let connects = [Step(0, .tick, .connect), Step(0, .connected, .sendClaim)]
    private static let starts = connects + [Step(1, .leased(lease), .startDaemon(lease))]
    private static let registers = starts + [Step(2, .daemonReady, .sendRegister(lease)), Step(2, .registered)]

    private static func exit(_ code: Int32, _ reason: String) -> WorkerLifecycle.Action {
        .exit(code: code, reason: reason)
    }

    static let stories = [
        Story(
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
        Story(
            "full",
            connects + [Step(1, .refused(.fullOrGone, reason: "every slot is taken"), exit(69, "every slot is taken"))]),
        Story("try later", connects + [Step(1, .refused(.tryLater, reason: "busy"), exit(75, "busy"))]),
        Story("refused", connects + [Step(1, .refused(.forbidden, reason: "no"), exit(77, "no"))]),
        Story(
            "a daemon that may not run here gives its slot back at once",
            starts + [
                Step(1, .daemonRefused(.forbidden, reason: "not here"), .sendBye(lease), exit(77, "not here"))
            ]),
        Story(
            "a daemon that ends gives its slot back",
            registers + [
                Step(9, .daemonEnded(reason: "signal 9"), .sendBye(lease), exit(75, "the daemon ended: signal 9"))
            ]),
        Story(
            "no goodbye while the daemon still runs, nor on a connection that is gone",
            registers + [
                Step(5, .stopRequested(reason: "SIGTERM"), .stopDaemon),
                Step(6, .stopRequested(reason: "SIGTERM")),
                Step(7, .disconnected(reason: "reset")),
                Step(8, .daemonEnded(reason: "signal 15"), exit(0, "SIGTERM")),
            ]),
        Story(
            "a lost lease ends the daemon, and needs no goodbye",
            registers + [
                Step(5, .leaseLost, .stopDaemon),
                Step(6, .daemonEnded(reason: "signal 15"), exit(69, "the lease is lost")),
            ]),
        Story(
            "a lease lost while stopping needs no goodbye either",
            registers + [
                Step(5, .stopRequested(reason: "SIGTERM"), .stopDaemon),
                Step(6, .leaseLost),
                Step(7, .daemonEnded(reason: "signal 15"), exit(0, "SIGTERM")),
            ]),
        Story(
            "the process that started it is gone",
            starts + [
                Step(2, .parentGone, .stopDaemon),
                Step(
                    3, .daemonEnded(reason: "signal 15"), .sendBye(lease),
                    exit(0, "the process that started this worker is gone")),
            ]),
        Story(
            "stopped before it had a slot", connects + [Step(1, .stopRequested(reason: "SIGINT"), exit(0, "SIGINT"))]),
        Story(
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
        Story(
            "a connection that comes back gets the same lease, and registers again",
            registers + [
                Step(3, .disconnected(reason: "reset")), Step(3.5, .tick, .connect),
                Step(3.5, .connected, .sendClaim), Step(3.6, .leased(lease), .sendRegister(lease)),
                Step(3.7, .registered), Step(18.6, .tick, .sendHeartbeat(lease)),
            ]),
        Story(
            "the daemon becomes ready without a connection: it registers with the next",
            starts + [
                Step(2, .disconnected(reason: "reset")), Step(2.1, .daemonReady), Step(2.5, .tick, .connect),
                Step(2.5, .connected, .sendClaim), Step(2.6, .leased(lease), .sendRegister(lease)),
            ]),
        Story(
            "a master that forgot the lease and gave another gets that one back",
            registers + [
                Step(3, .disconnected(reason: "reset")), Step(3.5, .tick, .connect),
                Step(3.5, .connected, .sendClaim), Step(3.6, .leased(otherLease), .stopDaemon),
                Step(4, .daemonEnded(reason: "signal 15"), .sendBye(otherLease), exit(69, "the lease is lost")),
            ]),
        Story(
            "a daemon never outlives 45 s of silence",
            registers + [
                Step(16, .tick, .sendHeartbeat(lease)), Step(31, .tick, .sendHeartbeat(lease)),
                Step(46, .tick, .sendHeartbeat(lease)), Step(46.9, .tick),
                Step(47, .tick, .stopDaemon),
                Step(
                    48, .daemonEnded(reason: "signal 15"), .sendBye(lease),
                    exit(69, "the master has been silent for 45 s")),
            ]),
    ]

    @Test(arguments: stories)
    func goes(story: Story) {
        var clock = ManualClock()
        var lifecycle = WorkerLifecycle(startedAt: clock.now)
        for step in story.steps {
            clock.advance(to: Instant(sinceStart: .seconds(step.second)))
            #expect(lifecycle.handle(step.event, at: clock.now) == step.actions, "\(step.second) s: \(step.event)")
        }
    }

    @Test("no tick before the deadline does anything, and one is due while it lives")
    func deadline() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var clock = ManualClock()
            var lifecycle = WorkerLifecycle(startedAt: clock.now)
            let events: [WorkerLifecycle.Event] = [
                .connected, .disconnected(reason: "reset"), .leased(Self.lease), .daemonReady, .registered,
                .acknowledged,
            ]
            for _ in 0..<50 {
                _ = lifecycle.handle(events.randomElement(using: &random) ?? .tick, at: clock.now)
                guard let deadline = lifecycle.nextDeadline else {
                    Issue.record("seed \(seed): no deadline while the worker lives")
                    return
                }
                let before = deadline.advanced(by: .milliseconds(-1))
                if before > clock.now {
                    clock.advance(to: before)
                    #expect(lifecycle.handle(.tick, at: clock.now).isEmpty, "seed \(seed)")
                }
                let time = min(deadline, clock.now.advanced(by: .seconds(5)))
                clock.advance(to: time)
                let actions = lifecycle.handle(.tick, at: clock.now)
                if actions.contains(.stopDaemon)
                    || actions.contains(where: { if case .exit = $0 { true } else { false } })
                {
                    break
                }
            }
        }
    }
}
