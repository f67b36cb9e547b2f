import PoDCore
import PoDTestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct WorkerLifecycleTests {
    @Test(arguments: WorkerLifecycleStory.all)
    func goes(story: WorkerLifecycleStory) {
        var clock = ManualClock()
        var limits = WorkerLifecycle.Limits()
        limits.restarts = story.restarts
        var lifecycle = WorkerLifecycle(limits: limits, startedAt: clock.now)
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
                .connected, .disconnected(reason: "reset"), .leased(WorkerLifecycleStory.lease), .daemonReady,
                .registered,
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

    @Test(
        "a daemon that was ready for 10 minutes makes up for those that failed before it",
        arguments: [(595, false), (600, true)])
    func steadyDaemon(_ seconds: Int, makesUp: Bool) {
        var limits = WorkerLifecycle.Limits()
        limits.restarts = 1
        var lifecycle = WorkerLifecycle(limits: limits, startedAt: .start)
        var clock = ManualClock()
        let events: [WorkerLifecycle.Event] = [
            .tick, .connected, .leased(WorkerLifecycleStory.lease), .daemonReady, .registered,
            .daemonEnded(reason: "exit status 1"),
        ]
        for event in events {
            _ = lifecycle.handle(event, at: clock.now)
        }
        clock.advance(by: .seconds(1))
        #expect(lifecycle.handle(.tick, at: clock.now) == [.startDaemon(WorkerLifecycleStory.lease)])
        _ = lifecycle.handle(.daemonReady, at: clock.now)
        _ = lifecycle.handle(.registered, at: clock.now)
        for _ in 0..<seconds / 5 {
            clock.advance(by: .seconds(5))
            _ = lifecycle.handle(.tick, at: clock.now)
            _ = lifecycle.handle(.acknowledged, at: clock.now)
        }
        let actions = lifecycle.handle(.daemonEnded(reason: "exit status 1"), at: clock.now)
        #expect(actions.isEmpty == makesUp, "\(actions)")
        clock.advance(by: .seconds(1))
        let next = lifecycle.handle(.tick, at: clock.now)
        #expect(next.contains(.startDaemon(WorkerLifecycleStory.lease)) == makesUp, "\(next)")
    }

    @Test("the daemon's state in a word")
    func daemonState() {
        var limits = WorkerLifecycle.Limits()
        limits.restarts = 1
        var lifecycle = WorkerLifecycle(limits: limits, startedAt: .start)
        let steps: [(WorkerLifecycle.Event, WorkerLifecycle.DaemonState)] = [
            (.connected, .none), (.leased(WorkerLifecycleStory.lease), .starting), (.daemonReady, .ready),
            (.registered, .ready), (.restartRequested, .restarting), (.daemonEnded(reason: ""), .starting),
            (.daemonReady, .ready), (.daemonEnded(reason: ""), .restarting), (.restartRequested, .starting),
            (.stopRequested(reason: ""), .stopping), (.daemonEnded(reason: ""), .none),
        ]
        for (event, state) in steps {
            _ = lifecycle.handle(event, at: .start)
            #expect(lifecycle.daemonState == state, "\(event)")
        }
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
            .connected, .disconnected(reason: ""), .leased(WorkerLifecycleStory.lease),
            .leased(WorkerLifecycleStory.otherLease),
            .refused(.tryLater, reason: ""), .daemonReady, .registered, .acknowledged, .leaseLost,
            .restartRequested, .restartRequested, .restartRequested,
            .stopRequested(reason: ""), .parentGone, .tick, .tick, .tick, .retiring(reason: ""),
            .leaveRequested(reason: ""),
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
