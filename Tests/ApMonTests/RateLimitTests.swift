import ApMon
import Testing

@Suite struct RateLimitTests {
    /// Perl's module let 250 of 2000 through and C's 251, Python's 126.
    @Test(arguments: [(20, 245...253), (10, 121...128)])
    func letsAsManyThroughInABurstAsTheRealSenders(rate: Int, expected: ClosedRange<Int>) {
        var limit = RateLimit(rate: rate)
        var generator = SplitMix64(state: 7)
        let passed = (0..<2000).count { _ in
            limit.admits(at: 100, random: { Double.random(in: 0..<1, using: &generator) })
        }
        #expect(expected.contains(passed))
    }

    @Test func holdsNothingBackUpToNineTenths() {
        var limit = RateLimit(rate: 20)
        for second in 0..<300 as Range<Int64> {
            for _ in 0..<18 {
                let isAdmitted = limit.admits(at: second, random: { 0.999 })
                #expect(isAdmitted)
            }
        }
    }

    @Test func settlesAtTheRate() {
        var limit = RateLimit(rate: 20)
        var generator = SplitMix64(state: 1)
        var passed = 0
        for second in 0..<600 as Range<Int64> {
            for _ in 0..<200 where limit.admits(at: second, random: { Double.random(in: 0..<1, using: &generator) }) {
                passed += second >= 300 ? 1 : 0
            }
        }
        #expect((17.0...20.5).contains(Double(passed) / 300))
    }

    @Test func forgetsWhileItIsSilent() {
        var limit = RateLimit(rate: 20)
        while limit.admits(at: 0, random: { 0.5 }) {}
        let isAdmittedAtOnce = limit.admits(at: 0, random: { 0.5 })
        let isAdmittedLater = limit.admits(at: 3600, random: { 0.5 })
        #expect(!isAdmittedAtOnce && isAdmittedLater)
    }

    @Test(arguments: [Int64.min, -1, 0, Int64.max])
    func takesAnyClock(second: Int64) {
        var limit = RateLimit(rate: 0)
        let admitted = [second, .min, .max].map { limit.admits(at: $0, random: { 0 }) }
        #expect(admitted == [true, true, true])
        #expect(limit.rate == 1)
    }
}
