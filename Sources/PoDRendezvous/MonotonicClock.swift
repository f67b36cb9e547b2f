import Glibc
public import PoDCore

/// The clocks of this machine.
public enum MonotonicClock {
    /// Now, on a line that no setting of the wall clock moves; it stands still while the machine is suspended.
    public static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(sinceStart: .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec)))
    }

    /// Milliseconds since 1970 by the wall clock.
    public static var millisecondsSince1970: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }
}
