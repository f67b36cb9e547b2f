import PoDCore
import Testing

@Suite struct InstantTests {
    /// Far beyond what 64 bits of seconds hold, near the end of what a `Duration` does.
    private static let immense = Duration.seconds(Int64.max) * 18

    @Test(
        arguments: [
            (Duration.zero, 0), (.seconds(-1), 0), (.zero - Self.immense, 0), (.nanoseconds(-1), 0),
            (Duration(secondsComponent: 0, attosecondsComponent: 1), 1), (.nanoseconds(1), 1), (.milliseconds(1), 1),
            (.microseconds(1001), 2), (.seconds(45), 45_000), (.milliseconds(Int64.max), .max),
            (.milliseconds(Int64.max) - .nanoseconds(1), .max), (.milliseconds(Int64.max) + .nanoseconds(1), .max),
            (.milliseconds(Int64.max - 1), .max - 1), (.seconds(Int64.max), .max), (Self.immense, .max),
        ] as [(Duration, Int64)])
    func roundsMillisecondsUp(_ duration: Duration, _ expected: Int64) {
        #expect(duration.wholeMillisecondsRoundedUp == expected)
    }

    @Test(
        arguments: [
            (Duration.zero, 0), (.milliseconds(100), 0.1), (.milliseconds(-1500), -1.5), (.nanoseconds(1), 1e-9),
            (.seconds(Int64.max), 0x1p63), (Self.immense, 18 * 0x1p63), (.zero - Self.immense, -18 * 0x1p63),
        ] as [(Duration, Double)])
    func tellsSeconds(_ duration: Duration, _ expected: Double) {
        #expect(duration.inSeconds == expected)
    }

    @Test func addsWithoutOverflow() {
        let far = Instant(sinceStart: Self.immense)
        #expect(far.advanced(by: Self.immense) > .start)
        #expect(far.duration(since: Instant(sinceStart: .zero - Self.immense)) > .zero)
        #expect(Instant(sinceStart: .zero - Self.immense).advanced(by: .zero - Self.immense) < .start)
        #expect(Instant.start.advanced(by: .seconds(3)).duration(since: .start) == .seconds(3))
        #expect(Instant.start.duration(since: Instant.start.advanced(by: .seconds(3))) == .seconds(-3))
    }

    @Test func comparesByTime() {
        #expect(Instant.start < Instant.start.advanced(by: .nanoseconds(1)))
        #expect(Instant(sinceStart: .zero) == .start)
    }
}
