public import PoDCore

/// A clock that stands still until it is told to move: the source of every `now` that a test gives to the rules.
public struct ManualClock: Hashable, Sendable {
    public private(set) var now: Instant

    public init(startingAt start: Instant = .start) {
        self.now = start
    }

    /// Moves the clock on.
    ///
    /// - Parameter duration: How far; a negative one is no time at all, for a monotonic clock never goes back.
    /// - Returns: The new time.
    @discardableResult
    public mutating func advance(by duration: Duration) -> Instant {
        self.now = self.now.advanced(by: max(duration, .zero))
        return self.now
    }

    /// Moves the clock on to `instant`; to an earlier one it does not move.
    ///
    /// - Returns: The new time.
    @discardableResult
    public mutating func advance(to instant: Instant) -> Instant {
        self.now = max(self.now, instant)
        return self.now
    }
}
