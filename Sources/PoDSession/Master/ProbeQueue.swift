package import PoDCore

/// Who is looked for at this moment, and who waits for that: a few at a time, in the order in which they came.
///
/// Who has waited too long is taken for one that can't be reached: forwarding costs the master some traffic, and waiting
/// longer would cost the worker its lease.
package struct ProbeQueue: Sendable {
    package struct Limits: Hashable, Sendable {
        package var atOnce = 128
        /// Until a look begins.
        package var patience: Duration = .seconds(10)
        /// How long a look may take.
        package var time: Duration = .seconds(2)

        package init() {}
    }

    private struct Waiting: Sendable {
        let id: MasterMachine.ConnectionID
        let probe: ReachProbe
        let since: Instant
    }

    private let limits: Limits
    private var waiting: [Waiting] = []
    private var running: Set<MasterMachine.ConnectionID> = []

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// The worker of a connection is to be looked for.
    package mutating func add(_ probe: ReachProbe, of id: MasterMachine.ConnectionID, at now: Instant) {
        self.waiting.append(Waiting(id: id, probe: probe, since: now))
    }

    /// Looks that begin now; each is to be ended with ``finished(_:)``.
    package mutating func start() -> [(id: MasterMachine.ConnectionID, probe: ReachProbe)] {
        let starting = self.waiting.prefix(max(0, self.limits.atOnce - self.running.count))
        self.waiting.removeFirst(starting.count)
        self.running.formUnion(starting.map(\.id))
        return starting.map { ($0.id, $0.probe) }
    }

    package mutating func finished(_ id: MasterMachine.ConnectionID) {
        self.running.remove(id)
    }

    /// A connection has ended: nobody needs to be looked for any more.
    package mutating func remove(_ id: MasterMachine.ConnectionID) {
        self.waiting.removeAll { $0.id == id }
    }

    /// Takes out who has waited too long.
    package mutating func giveUp(at now: Instant) -> [MasterMachine.ConnectionID] {
        let late = self.waiting.prefix { now.duration(since: $0.since) >= self.limits.patience }
        self.waiting.removeFirst(late.count)
        return late.map(\.id)
    }
}
