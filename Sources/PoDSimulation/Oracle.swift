import PoDCore

/// Holds every run to the properties that must never be broken, with its own books.
struct Oracle {
    /// Enough to see what went wrong.
    static let mostViolations = 20
    /// From the end of a worker to the end of its lease: silence, grace, registration, and the master's tick.
    static let longestOrphan: Duration = .seconds(200)
    /// From the loss of a slot to the end of its daemon.
    static let longestGhost: Duration = .seconds(60)

    private(set) var violations: [String] = []
    private(set) var overLeased = 0
    private var registeredWorkers: [LeaseOfSession: Int] = [:]
    private var checksThisSecond = 0

    private struct LeaseOfSession: Hashable {
        let session: Int
        let lease: LeaseID
    }

    mutating func violated(_ property: String, at now: Instant) {
        guard self.violations.count < Self.mostViolations else { return }
        self.violations.append("\(now.sinceStart.inSeconds) s: \(property)")
    }

    /// The books of a master against a count of its leases, before and after an event.
    ///
    /// - Parameter heldBefore: Slots held before the event, by an own count.
    mutating func check(_ ledger: SlotLedger, heldBefore: Int, at now: Instant) -> Int {
        var held = 0
        var registered = 0
        for lease in ledger.all {
            held += lease.holdsSlot ? 1 : 0
            registered += lease.isRegistered ? 1 : 0
        }
        if held > heldBefore, held > ledger.wanted {
            self.overLeased = max(self.overLeased, held - ledger.wanted)
            self.violated("a slot was granted or resumed with \(heldBefore) of \(ledger.wanted) held", at: now)
        }
        if held != ledger.heldSlots || registered != ledger.registeredWorkers
            || ledger.freeSlots != max(0, ledger.wanted - held)
        {
            self.violated(
                "the ledger counts \(ledger.heldSlots) held, \(ledger.registeredWorkers) registered, "
                    + "\(ledger.freeSlots) free; there are \(held), \(registered) of \(ledger.wanted)",
                at: now)
        }
        return held
    }

    /// A master takes a registration.
    mutating func registered(_ lease: LeaseID, of session: Int, by worker: Int, at now: Instant) {
        let key = LeaseOfSession(session: session, lease: lease)
        if let other = self.registeredWorkers.updateValue(worker, forKey: key), other != worker {
            self.violated("workers \(other) and \(worker) both registered on lease \(lease)", at: now)
        }
    }

    /// A watcher asks the repository.
    mutating func checked(since last: Tick?, period: Tick, agent: Int, at tick: Tick) {
        self.checksThisSecond += 1
        if let last, tick.number - last.number < period.number - 1 {
            self.violated("agent \(agent) asked again within its check period", at: tick.time)
        }
    }

    /// A second is over.
    ///
    /// Checks spread over the period, so that no second has much more than its part; where a few march in step by
    /// chance that proves nothing.
    mutating func secondPassed(_ settings: SimulationSettings, at now: Instant) {
        let fair = Double(settings.agents) / max(1, settings.checkPeriod.inSeconds)
        let most = 3 * fair + 8 * fair.squareRoot() + 20
        if settings.faults == .none, Double(self.checksThisSecond) > most {
            self.violated("\(self.checksThisSecond) agents asked in one second: they march in step", at: now)
        }
        self.checksThisSecond = 0
    }
}
