import PoDCore
import PoDSession
import Testing

/// When a session is over by itself.
@Suite struct SessionLimitsTests {
    private static let start = Instant.start

    private static func after(_ seconds: Int64) -> Instant { self.start.advanced(by: .seconds(seconds)) }

    @Test("with no limits it goes on")
    func unlimited() {
        let limits = SessionLimits(lifetime: nil, idle: nil, startedAt: Self.start)
        #expect(limits.end(at: Self.after(1_000_000)) == nil)
    }

    @Test("its time is over, used or not")
    func lifetime() {
        var limits = SessionLimits(lifetime: .seconds(100), idle: nil, startedAt: Self.start)
        limits.sample([1], at: Self.after(99))
        #expect(limits.end(at: Self.after(99)) == nil)
        #expect(limits.end(at: Self.after(100)) == "its time of 100 s is over")
    }

    @Test("one worker that computes keeps it, workers that only wait don't")
    func idle() {
        var limits = SessionLimits(lifetime: nil, idle: .seconds(60), startedAt: Self.start)
        #expect(limits.end(at: Self.after(59)) == nil)
        limits.sample([0.01, 0.9], at: Self.after(59))
        #expect(limits.end(at: Self.after(118)) == nil)
        limits.sample([0.01, 0.049], at: Self.after(118))
        limits.sample([], at: Self.after(119))
        #expect(limits.end(at: Self.after(119)) == "unused for 60 s")
    }

    @Test("a wish for more or fewer workers is use")
    func wish() {
        var limits = SessionLimits(lifetime: nil, idle: .seconds(60), startedAt: Self.start)
        limits.used(at: Self.after(59))
        #expect(limits.end(at: Self.after(118)) == nil)
        #expect(limits.end(at: Self.after(119)) == "unused for 60 s")
    }
}
