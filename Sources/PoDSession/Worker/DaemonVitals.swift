import PoDCore

/// What a worker knows of its daemon's health, over all its starts. No clock, no I/O.
struct DaemonVitals: Sendable {
    private let limits: IdleWatch.Limits
    private var watch: IdleWatch?
    private var starts = 0
    private var residentBytes: Int64?
    private var lastSample: Instant?
    /// The process group; `nil` while no daemon runs.
    private(set) var group: Int32?
    /// Why it ended last.
    var reason: String?

    /// - Parameter idle: Idle for so long is idle too long; `nil` for never.
    init(idle: Duration?) {
        self.limits = IdleWatch.Limits(idle: idle)
    }

    /// Counts a start, before there is a process.
    mutating func starting() {
        self.starts += 1
    }

    mutating func started(group: Int32, at now: Instant) {
        self.group = group
        self.watch = IdleWatch(self.limits, at: now)
        self.residentBytes = nil
        self.lastSample = now
    }

    mutating func ended(_ reason: String) {
        self.group = nil
        self.watch = nil
        self.residentBytes = nil
        self.reason = reason
    }

    /// Whether somebody must look whether it is idle: often enough to be late by a quarter of the time.
    func needsSample(at now: Instant) -> Bool {
        guard let idle = self.limits.idle, let lastSample, self.group != nil else { return false }
        return now.duration(since: lastSample) >= min(.seconds(15), max(.seconds(1), idle / 4))
    }

    /// Takes what the daemon's processes use.
    mutating func sample(_ usage: ProcessUsage, at now: Instant) {
        self.lastSample = now
        self.residentBytes = usage.residentBytes
        self.watch?.sample(usage.processorTime, at: now)
    }

    /// Why the worker is to end for want of use; `nil` when it is not.
    func idleReason(at now: Instant) -> String? {
        guard let watch, watch.isIdleTooLong(at: now) else { return nil }
        return "idle for \(watch.idleTime(at: now).components.seconds) s"
    }

    func health(_ state: WorkerLifecycle.DaemonState) -> WorkerHealth {
        WorkerHealth(
            daemon: state.rawValue, load: self.watch?.load, residentBytes: self.residentBytes,
            restarts: max(0, self.starts - 1), reason: self.reason)
    }
}
