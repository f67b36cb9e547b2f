import PoDCore
import PoDTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct WorkerLifecycleStoryTests {
    private static let lease = LeaseID(epoch: 1, number: 7)

    /// A life as a list: at which second what happens, and what is to be done then.
    struct Step: Sendable {
        let second: Int64
        let event: WorkerLifecycle.Event
        let actions: [WorkerLifecycle.Action]

        init(_ second: Int64, _ event: WorkerLifecycle.Event, _ actions: [WorkerLifecycle.Action]) {
            self.second = second
            self.event = event
            self.actions = actions
        }
    }

    struct Story: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var restarts = 0
        let steps: [Step]
    }

    private static let registered = [
        Step(0, .tick, [.connect]),
        Step(0, .connected, [.sendClaim]),
        Step(0, .leased(lease), [.startDaemon(lease)]),
        Step(1, .daemonReady, [.sendRegister(lease)]),
        Step(1, .registered, []),
    ]

    static let stories = [
        Story(
            testDescription: "a whole life, ended by the master",
            steps: registered + [
                Step(15, .tick, [.sendHeartbeat(lease)]),
                Step(15, .acknowledged, []),
                Step(16, .stopRequested(reason: "enough"), [.stopDaemon]),
                Step(17, .tick, []),
                Step(18, .daemonEnded(reason: "signal 15"), [.sendBye(lease), .exit(code: 0, reason: "enough")]),
                Step(19, .connected, []),
            ]),
        Story(
            testDescription: "a refusal ends it with the refusal's code",
            steps: [
                Step(0, .tick, [.connect]),
                Step(0, .connected, [.sendClaim]),
                Step(0, .refused(.fullOrGone, reason: "full"), [.exit(code: 69, reason: "full")]),
            ]),
        Story(
            testDescription: "a master that can't be reached is tried again, ever later, for a minute",
            steps: [
                Step(0, .tick, [.connect]),
                Step(0, .disconnected(reason: "refused"), []),
                Step(1, .tick, [.connect]),
                Step(1, .disconnected(reason: "refused"), []),
                Step(2, .tick, [.connect]),
                Step(2, .disconnected(reason: "refused"), []),
                Step(3, .tick, []),
                Step(4, .tick, [.connect]),
                Step(60, .tick, [.exit(code: 69, reason: "the master can't be reached")]),
            ]),
        Story(
            testDescription: "without an acknowledgement the daemon ends after 45 s",
            steps: registered + [
                Step(15, .tick, [.sendHeartbeat(lease)]),
                Step(30, .tick, [.sendHeartbeat(lease)]),
                Step(45, .tick, [.sendHeartbeat(lease)]),
                Step(46, .tick, [.stopDaemon]),
            ]),
        Story(
            testDescription: "an acknowledgement that was held back says nothing of the time in between",
            steps: registered + [
                Step(15, .tick, [.sendHeartbeat(lease)]),
                Step(30, .tick, [.sendHeartbeat(lease)]),
                Step(44, .acknowledged, []),
                Step(45, .tick, [.sendHeartbeat(lease)]),
                Step(59, .tick, []),
                Step(60, .tick, [.stopDaemon]),
            ]),
        Story(
            testDescription: "an acknowledgement that nobody asked for is none",
            steps: registered + [
                Step(40, .acknowledged, []),
                Step(45, .tick, [.sendHeartbeat(lease)]),
                Step(46, .tick, [.stopDaemon]),
            ]),
        Story(
            testDescription: "a worker that comes back to its lease registers again",
            steps: registered + [
                Step(5, .disconnected(reason: "reset"), []),
                Step(6, .tick, [.connect]),
                Step(6, .connected, [.sendClaim]),
                Step(6, .leased(lease), [.sendRegister(lease)]),
                Step(6, .registered, []),
                Step(21, .tick, [.sendHeartbeat(lease)]),
            ]),
        Story(
            testDescription: "another lease is given back, for the daemon belongs to the first",
            steps: registered + [
                Step(5, .disconnected(reason: "reset"), []),
                Step(6, .tick, [.connect]),
                Step(6, .connected, [.sendClaim]),
                Step(6, .leased(LeaseID(epoch: 2, number: 1)), [.stopDaemon]),
                Step(
                    7, .daemonEnded(reason: "signal 15"),
                    [.sendBye(LeaseID(epoch: 2, number: 1)), .exit(code: 69, reason: "the lease is lost")]),
            ]),
        Story(
            testDescription: "a daemon that ends takes the worker with it",
            steps: registered + [
                Step(
                    5, .daemonEnded(reason: "exit status 1"),
                    [.sendBye(lease), .exit(code: 75, reason: "the daemon ended: exit status 1")])
            ]),
        Story(
            testDescription: "a daemon that ends is started again as often as it may, ever later",
            restarts: 2,
            steps: registered + [
                Step(5, .daemonEnded(reason: "exit status 1"), []),
                Step(5, .daemonEnded(reason: "exit status 1"), []),
                Step(6, .tick, [.startDaemon(lease)]),
                Step(7, .daemonReady, [.sendRegister(lease)]),
                Step(8, .daemonEnded(reason: "exit status 1"), []),
                Step(9, .tick, []),
                Step(10, .tick, [.startDaemon(lease)]),
                Step(
                    11, .daemonEnded(reason: "exit status 1"),
                    [.sendBye(lease), .exit(code: 75, reason: "the daemon ended: exit status 1")]),
            ]),
        Story(
            testDescription: "a worker that waits to restart its daemon ends at once",
            restarts: 1,
            steps: registered + [
                Step(5, .daemonEnded(reason: "exit status 1"), []),
                Step(5, .leaseLost, [.exit(code: 69, reason: "the lease is lost")]),
            ]),
    ]

    @Test(arguments: stories)
    func story(_ story: Story) {
        var limits = WorkerLifecycle.Limits()
        limits.restarts = story.restarts
        var lifecycle = WorkerLifecycle(limits: limits, startedAt: .start)
        for step in story.steps {
            let now = Instant.start.advanced(by: .seconds(step.second))
            #expect(lifecycle.handle(step.event, at: now) == step.actions, "\(step.event) at \(step.second) s")
        }
    }

    @Test(
        "the end of a life comes before the JobAgent's, staggered, and never in its first half",
        arguments: [
            (Duration.seconds(1000), 0.0, Duration.seconds(700)),
            (.seconds(1000), 1, .seconds(500)),
            (.seconds(20_000), 0, .seconds(19_000)),
            (.seconds(20_000), 0.5, .seconds(18_500)),
            (.seconds(100), 0, .seconds(50)),
        ])
    func endOfLife(_ timeToLive: Duration, _ stagger: Double, _ end: Duration) {
        var limits = WorkerLifecycle.Limits()
        limits.longestSilence = .seconds(1_000_000)
        limits.timeToLive = timeToLive
        limits.stagger = stagger
        var lifecycle = WorkerLifecycle(limits: limits, startedAt: .start)
        _ = lifecycle.handle(.tick, at: .start)
        #expect(lifecycle.nextDeadline == Instant.start.advanced(by: end))
        #expect(lifecycle.handle(.tick, at: .start.advanced(by: end - .milliseconds(1))) == [])
        let actions = lifecycle.handle(.tick, at: .start.advanced(by: end))
        #expect(actions == [.exit(code: 0, reason: "the JobAgent's time is nearly over")])
    }

    @Test("after its end a worker does nothing, whatever happens", arguments: 0..<50 as Range<UInt64>)
    func nothingAfterTheEnd(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var limits = WorkerLifecycle.Limits()
        limits.restarts = 1
        var lifecycle = WorkerLifecycle(limits: limits, startedAt: .start)
        var clock = ManualClock()
        var hasEnded = false
        var daemons = 0
        let events: [WorkerLifecycle.Event] = [
            .connected, .disconnected(reason: ""), .leased(Self.lease), .leased(LeaseID(epoch: 2, number: 1)),
            .refused(.tryLater, reason: ""), .daemonReady, .registered, .acknowledged, .leaseLost,
            .stopRequested(reason: ""), .parentGone, .tick, .tick, .tick,
        ]
        for _ in 0..<400 {
            clock.advance(by: generator.milliseconds(in: 0...5000))
            var event = events[Int.random(in: 0..<events.count, using: &generator)]
            if daemons > 0, Int.random(in: 0..<10, using: &generator) == 0 {
                event = .daemonEnded(reason: "")
                daemons -= 1
            }
            for action in lifecycle.handle(event, at: clock.now) {
                #expect(!hasEnded)
                if case .startDaemon = action { daemons += 1 }
                if case .exit = action {
                    hasEnded = true
                    #expect(daemons == 0)
                }
            }
            #expect(daemons <= 1)
        }
        if hasEnded {
            #expect(lifecycle.nextDeadline == nil)
        }
    }
}
