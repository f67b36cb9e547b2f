import PoDCore
import PoDTestKit
import Testing

@Suite struct ManualClockTests {
    @Test func movesOnlyForward() {
        var clock = ManualClock()
        #expect(clock.now == .start)
        #expect(clock.advance(by: .seconds(3)) == Instant(sinceStart: .seconds(3)))
        #expect(clock.advance(by: .seconds(-2)) == Instant(sinceStart: .seconds(3)))
        #expect(clock.advance(to: .start) == Instant(sinceStart: .seconds(3)))
        #expect(clock.advance(to: Instant(sinceStart: .seconds(5))) == Instant(sinceStart: .seconds(5)))
        #expect(ManualClock(startingAt: clock.now).now == clock.now)
    }
}
