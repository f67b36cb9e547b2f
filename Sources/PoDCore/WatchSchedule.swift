/// When a watcher asks the repository: every check period *y*, for the run time *x*.
///
/// The first check comes after a random part of *y*, so that the JobAgents of a site, started in one moment, do not
/// march in step. While the repository fails, the time to the next check doubles, to at most ``longestBackOff`` times
/// *y*, with jitter. Never do two checks begin less than *y* apart, however late the watcher was woken: a suspended
/// node that resumes makes one check, not all that it missed.
public struct WatchSchedule: Hashable, Sendable {
    /// The longest time between checks while the repository fails, in check periods.
    public static let longestBackOff = 8

    /// The time between two checks, *y*.
    public let checkPeriod: Duration
    /// How long checking goes on, *x*; zero means not at all.
    public let runTime: Duration

    private let end: Instant
    private var nextCheck: Instant
    private var lastCheck: Instant?
    private var failuresInARow = 0

    /// What to do now.
    public enum Step: Hashable, Sendable {
        case check
        case wait(until: Instant)
        /// The run time is over.
        case end
    }

    /// - Parameter random: All its bits are used to place the first check within the first period.
    public init(checkPeriod: Duration, runTime: Duration, startedAt start: Instant, random: UInt64) {
        self.checkPeriod = min(max(checkPeriod, .milliseconds(1)), .farthest)
        self.runTime = min(max(runTime, .zero), .farthest)
        self.end = start.advanced(by: self.runTime)
        self.nextCheck = start.advanced(by: min(self.checkPeriod, self.runTime).scaled(by: random))
    }

    /// What to do at `now`. Answering ``Step/check`` begins a check: tell how it ended before asking again.
    public mutating func step(at now: Instant) -> Step {
        guard now < self.end else {
            return .end
        }
        guard now >= self.nextCheck else {
            return .wait(until: min(self.nextCheck, self.end))
        }
        self.lastCheck = now
        self.nextCheck = now.advanced(by: self.checkPeriod)
        return .check
    }

    /// The repository answered, whatever its answer.
    public mutating func checkSucceeded() {
        self.failuresInARow = 0
    }

    /// The repository did not answer, or not with masters.
    ///
    /// The delays after 1, 2, 3 … failures lie between *y* and 2·*y*, 4·*y*, 8·*y*, 8·*y* ….
    public mutating func checkFailed(random: UInt64) {
        self.failuresInARow = min(self.failuresInARow &+ 1, 16)
        var periods = 1
        for _ in 0..<self.failuresInARow where periods < Self.longestBackOff {
            periods &*= 2
        }
        let most = self.checkPeriod * min(periods, Self.longestBackOff)
        let delay = self.checkPeriod + (most - self.checkPeriod).scaled(by: random)
        self.nextCheck = (self.lastCheck ?? self.nextCheck).advanced(by: delay)
    }
}

extension Duration {
    /// The part of this duration that `random` picks, evenly from zero to just below the whole.
    func scaled(by random: UInt64) -> Duration {
        // 2^-32 steps are far finer than any schedule, and keep the arithmetic within bounds.
        self * (Double(random >> 32) / 4_294_967_296)
    }
}
