/// A point on a monotonic time line, as the time since an arbitrary start.
///
/// The rules never read a clock: whoever drives them passes the instant in. A daemon takes it from a monotonic
/// clock, so that a corrected wall clock or daylight saving moves nothing; the simulator counts it up itself.
public struct Instant: Hashable, Comparable, Sendable {
    /// Time since the start of the time line.
    public let sinceStart: Duration

    public init(sinceStart: Duration) {
        self.sinceStart = sinceStart
    }

    /// The start of the time line.
    public static let start = Instant(sinceStart: .zero)

    public func advanced(by duration: Duration) -> Instant {
        Instant(sinceStart: self.sinceStart.saturatingAdd(duration))
    }

    /// The time from `earlier` to this instant; negative when `earlier` comes later.
    public func duration(since earlier: Instant) -> Duration {
        self.sinceStart.saturatingSubtract(earlier.sinceStart)
    }

    public static func < (lhs: Instant, rhs: Instant) -> Bool {
        lhs.sinceStart.attoseconds < rhs.sinceStart.attoseconds
    }
}

extension Duration {
    /// The whole milliseconds of this duration, rounded up: a wait of 0.2 ms must not become a busy loop of 0 ms.
    /// Cut to `Int64.max`; negative durations give 0.
    public var wholeMillisecondsRoundedUp: Int64 {
        guard self > .zero else { return 0 }
        // `components` traps where the seconds need more than 64 bits.
        guard self <= .milliseconds(Int64.max) else { return .max }
        let (seconds, attoseconds) = self.components
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        let rest = attoseconds / attosecondsPerMillisecond &+ (attoseconds % attosecondsPerMillisecond == 0 ? 0 : 1)
        return seconds &* 1000 &+ rest
    }

    /// This duration in seconds, as a number for people, plots and JSON.
    public var inSeconds: Double { self / .seconds(1) }

    /// The longest span the rules reckon with, about 317 years: far beyond any life time of a process, far below
    /// where `Duration` arithmetic overflows and traps.
    static let farthest = Duration.seconds(10_000_000_000 as Int64)

    private static let farthestAttoseconds: Int128 = 10_000_000_000_000_000_000_000_000_000

    /// Within ±``farthest``, so that the sum of two is far from overflow.
    private static func clamped(_ attoseconds: Int128) -> Int128 {
        min(max(attoseconds, 0 &- self.farthestAttoseconds), self.farthestAttoseconds)
    }

    func saturatingAdd(_ other: Duration) -> Duration {
        let sum = Self.clamped(self.attoseconds) &+ Self.clamped(other.attoseconds)
        return Duration(attoseconds: Self.clamped(sum))
    }

    func saturatingSubtract(_ other: Duration) -> Duration {
        let difference = Self.clamped(self.attoseconds) &- Self.clamped(other.attoseconds)
        return Duration(attoseconds: Self.clamped(difference))
    }
}
