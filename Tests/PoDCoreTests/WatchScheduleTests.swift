import PoDCore
import PoDTestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct WatchScheduleTests {
    @Test("the first checks of many are spread over the whole period")
    func spread() {
        var generator = SeededGenerator(seed: 1)
        var tenths = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            var schedule = WatchSchedule(
                checkPeriod: .seconds(30), runTime: .seconds(300), startedAt: .start, random: generator.next())
            guard case .wait(let first) = schedule.step(at: .start) else { continue }
            tenths[min(9, Int(first.sinceStart / .seconds(3)))] += 1
        }
        #expect(tenths.allSatisfy { $0 > 850 && $0 < 1150 }, "\(tenths)")
    }

    @Test("checks every period until the run time is over, and not after", arguments: [0, 1 << 63, UInt64.max])
    func everyPeriod(_ random: UInt64) {
        var schedule = WatchSchedule(
            checkPeriod: .seconds(30), runTime: .seconds(300), startedAt: .start, random: random)
        let times = Self.checks(&schedule, from: .start)
        #expect(times.count == 10)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1.duration(since: $0) == .seconds(30) })
        #expect(schedule.step(at: .start.advanced(by: .seconds(300))) == .end)
    }

    @Test("a run time of nothing means never")
    func never() {
        var schedule = WatchSchedule(checkPeriod: .seconds(30), runTime: .zero, startedAt: .start, random: 0)
        #expect(schedule.step(at: .start) == .end)
    }

    @Test("a node that slept makes one check, not all that it missed")
    func afterSleep() {
        var schedule = WatchSchedule(
            checkPeriod: .seconds(30), runTime: .seconds(3600), startedAt: .start, random: 0)
        #expect(schedule.step(at: .start) == .check)
        let late = Instant.start.advanced(by: .seconds(1000))
        #expect(schedule.step(at: late) == .check)
        #expect(schedule.step(at: late) == .wait(until: late.advanced(by: .seconds(30))))
    }

    @Test(
        "failures double the wait, up to eight periods",
        arguments: [
            (1, Duration.seconds(10), Duration.seconds(20)), (2, .seconds(10), .seconds(40)),
            (3, .seconds(10), .seconds(80)), (9, .seconds(10), .seconds(80)),
        ])
    func backOff(_ failures: Int, _ least: Duration, _ most: Duration) {
        for random in [0, 1 << 62, UInt64.max] {
            var schedule = WatchSchedule(
                checkPeriod: .seconds(10), runTime: .seconds(36_000), startedAt: .start, random: 0)
            var now = Instant.start
            for _ in 0..<failures {
                #expect(schedule.step(at: now) == .check)
                schedule.checkFailed(random: random)
                guard case .wait(let next) = schedule.step(at: now) else {
                    Issue.record("no wait after a failure")
                    return
                }
                #expect(next.duration(since: now) >= least)
                #expect(next.duration(since: now) <= most)
                now = next
            }
            #expect(schedule.step(at: now) == .check)
            schedule.checkSucceeded()
            #expect(schedule.step(at: now) == .wait(until: now.advanced(by: .seconds(10))))
        }
    }

    private static func checks(_ schedule: inout WatchSchedule, from start: Instant) -> [Instant] {
        var now = start
        var times: [Instant] = []
        while true {
            switch schedule.step(at: now) {
            case .check: times.append(now)
            case .wait(let until): now = until
            case .end: return times
            }
        }
    }
}
