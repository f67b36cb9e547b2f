import PoDCore
import PoDSession
import Testing

/// Idle by processor time, on a line of time of the test's own.
struct IdleWatchTests {
    private static func at(_ seconds: Double) -> Instant { Instant(sinceStart: .seconds(seconds)) }

    @Test("a daemon that only breathes is idle from its start on, one that works from its last work on")
    func idle() {
        var watch = IdleWatch(IdleWatch.Limits(idle: .seconds(60)), at: Self.at(0))
        var used = 0.0
        for second in stride(from: 0.0, through: 45, by: 15) {
            used += 0.02 * 15
            watch.sample(.seconds(used), at: Self.at(second))
        }
        #expect(abs((watch.load ?? 0) - 0.02) < 1e-9)
        #expect(!watch.isIdleTooLong(at: Self.at(59)))
        #expect(watch.isIdleTooLong(at: Self.at(60)))

        used += 15
        watch.sample(.seconds(used), at: Self.at(60))
        #expect(watch.load == 1)
        #expect(watch.idleTime(at: Self.at(60)) == .zero)
        #expect(!watch.isIdleTooLong(at: Self.at(119)))
        #expect(watch.isIdleTooLong(at: Self.at(120)))
    }

    @Test("samples at once are taken together, time that goes down is no use, and no clock going back is one")
    func edges() {
        var watch = IdleWatch(IdleWatch.Limits(idle: .seconds(10)), at: Self.at(100))
        #expect(watch.load == nil)
        watch.sample(.seconds(50), at: Self.at(100))
        watch.sample(.seconds(51), at: Self.at(100))
        watch.sample(.seconds(51), at: Self.at(99))
        #expect(watch.load == nil)
        watch.sample(.seconds(51), at: Self.at(104))
        #expect(watch.load == 0.25)
        watch.sample(.seconds(3), at: Self.at(106))
        #expect(watch.load == 0)
        #expect(watch.idleTime(at: Self.at(106)) == .seconds(2))
        #expect(watch.idleTime(at: Self.at(1)) == .zero)
        watch.sample(.seconds(4), at: Self.at(108))
        #expect(watch.load == 0.5)
    }

    @Test func neverWithoutALimit() {
        let watch = IdleWatch(IdleWatch.Limits(idle: nil), at: Self.at(0))
        #expect(!watch.isIdleTooLong(at: Self.at(1e9)))
    }
}
