public import PoDCore

/// Sees from the processor time of a daemon whether anybody uses it. No clock, no I/O.
///
/// Being watched is not being used: a daemon that only answers its scheduler and its dashboard stays below
/// ``Limits/busyLoad``.
public struct IdleWatch: Sendable {
    public struct Limits: Hashable, Sendable {
        /// Idle for so long is idle too long; `nil` for never.
        public var idle: Duration?
        /// Processors kept busy, from which on the daemon counts as used. A Dask worker without tasks uses 0.02.
        public var busyLoad = 0.05

        public init(idle: Duration?) {
            self.idle = idle
        }
    }

    private let limits: Limits
    private var last: (processorTime: Duration, at: Instant)?
    private var lastBusy: Instant
    /// Processors kept busy between the last two samples; `nil` before the second.
    public private(set) var load: Double?

    /// - Parameter now: The daemon's start, which counts as use.
    public init(_ limits: Limits, at now: Instant) {
        self.limits = limits
        self.lastBusy = now
    }

    /// Takes the daemon's ``ProcessUsage/processorTime``. Samples less than a second apart are taken together: the
    /// kernel counts in hundredths of a second.
    public mutating func sample(_ processorTime: Duration, at now: Instant) {
        guard let last else {
            self.last = (processorTime, now)
            return
        }
        let span = now.duration(since: last.at)
        guard span >= .seconds(1) else { return }
        // It goes down when a process ends that nobody of the daemon waits for.
        let load = max(0, (processorTime - last.processorTime) / span)
        self.load = load
        if load >= self.limits.busyLoad {
            self.lastBusy = now
        }
        self.last = (processorTime, now)
    }

    /// For how long it has been idle.
    public func idleTime(at now: Instant) -> Duration { max(.zero, now.duration(since: self.lastBusy)) }

    /// Whether it is to end for that.
    public func isIdleTooLong(at now: Instant) -> Bool {
        self.limits.idle.map { self.idleTime(at: now) >= $0 } ?? false
    }
}
