import PoDCore

/// A point on the grid of simulated time, 2^30 attoseconds or about a nanosecond apart.
///
/// Half as large as an ``Instant`` and compared in one step, which is what a hundred million checks need. An instant is
/// rounded up: nothing happens before its time.
struct Tick: Hashable, Comparable {
    let number: Int64

    init(_ time: Instant) {
        let mask: Int128 = (1 << 30) - 1
        self.number = Int64(truncatingIfNeeded: (time.sinceStart.attoseconds + mask) >> 30)
    }

    init(_ duration: Duration) {
        self.init(Instant.start.advanced(by: duration))
    }

    var time: Instant { Instant(sinceStart: Duration(attoseconds: Int128(self.number) << 30)) }

    static func < (one: Tick, other: Tick) -> Bool { one.number < other.number }
}
