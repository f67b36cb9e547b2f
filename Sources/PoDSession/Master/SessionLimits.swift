package import PoDCore

/// How long a session may last, and how long it may go unused. No clock.
///
/// Being watched is not being used: what counts is that daemons keep processors busy. A session whose workers are still
/// to come is unused, too, for its slots may be wanted by nobody any more.
package struct SessionLimits: Hashable, Sendable {
    /// From its start; `nil` without an end.
    private let lifetime: Duration?
    /// Unused for so long is over; `nil` for never.
    private let idle: Duration?
    private let start: Instant
    private var lastUse: Instant

    /// A worker that keeps this many processors busy is used.
    static let busyLoad = IdleWatch.Limits(idle: nil).busyLoad

    package init(lifetime: Duration?, idle: Duration?, startedAt now: Instant) {
        self.lifetime = lifetime
        self.idle = idle
        self.start = now
        self.lastUse = now
    }

    /// What the workers say that they keep busy.
    package mutating func sample(_ loads: [Double], at now: Instant) {
        if loads.contains(where: { $0 >= Self.busyLoad }) {
            self.lastUse = now
        }
    }

    /// Somebody wants something of the session other than to look at it.
    package mutating func used(at now: Instant) {
        self.lastUse = now
    }

    /// Why the session is over; `nil` while it is not.
    package func end(at now: Instant) -> String? {
        if let lifetime, now.duration(since: self.start) >= lifetime {
            return "its time of \(lifetime.components.seconds) s is over"
        }
        if let idle, now.duration(since: self.lastUse) >= idle {
            return "unused for \(idle.components.seconds) s"
        }
        return nil
    }
}
