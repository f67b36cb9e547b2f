import PoDCore

/// Holds every run to the properties that must never be broken, with its own books.
struct Oracle {
    /// Enough to see what went wrong.
    static let mostViolations = 20
    /// In larger worlds the draws are not remembered.
    static let mostDrawers = 200
    /// From a wish for fewer workers to the end of the surplus.
    static let longestSurplus: Duration = .seconds(120)
    /// From the end of a worker to the end of its lease: silence, grace, registration, and the master's tick.
    static let longestOrphan: Duration = .seconds(200)
    /// From the loss of a slot to the end of its daemon.
    static let longestGhost: Duration = .seconds(60)
    /// From the word that a worker shall end, or has no lease, to its end.
    static let longestEnd: Duration = .seconds(5)

    private(set) var violations: [String] = []
    private(set) var overLeased = 0
    private var registeredWorkers: [LeaseOfSession: Int] = [:]
    private var draws: [Draw: Bool] = [:]
    private var refusedAt: [Refusal: Instant] = [:]
    private var checksThisSecond = 0

    /// The least back-off: half of 15 s.
    private static let shortestBackOff: Duration = .milliseconds(7500)

    /// What an agent saw in one of its lives.
    private struct Draw: Hashable {
        let agent: Int
        let life: UInt32
        let candidate: MasterSelection.Candidate
    }

    /// Who refused an agent in one of its lives.
    private struct Refusal: Hashable {
        let agent: Int
        let life: UInt32
        let session: Int
    }

    private struct LeaseOfSession: Hashable {
        let session: Int
        let lease: LeaseID
    }

    mutating func violated(_ property: String, at now: Instant) {
        guard self.violations.count < Self.mostViolations else { return }
        self.violations.append("\(now.sinceStart.inSeconds) s: \(property)")
    }

    /// The books of a master against a count of its leases, after an event.
    ///
    /// - Parameter heldBefore: Slots held before the event, by an own count.
    mutating func check(_ ledger: SlotLedger, heldBefore: Int, at now: Instant) {
        var held = 0
        var registered = 0
        var claims: Set<ClaimID> = []
        for lease in ledger.all {
            if !claims.insert(lease.claim).inserted {
                self.violated("claim \(lease.claim) has two leases", at: now)
            }
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

    /// A watcher drew whether it takes part; looking again at the same advertisement is no second draw.
    mutating func drew(
        _ takesPart: Bool, _ candidate: MasterSelection.Candidate, agent: Int, life: UInt32, at now: Instant
    ) {
        let draw = Draw(agent: agent, life: life, candidate: candidate)
        if let before = self.draws.updateValue(takesPart, forKey: draw), before != takesPart {
            self.violated("agent \(agent) drew twice for one advertisement", at: now)
        }
    }

    /// A master refused an agent's worker.
    mutating func refused(agent: Int, life: UInt32, session: Int, at now: Instant) {
        self.refusedAt[Refusal(agent: agent, life: life, session: session)] = now
    }

    /// A watcher joins a master; one that refused it a moment ago is left alone.
    mutating func joined(agent: Int, life: UInt32, session: Int, at now: Instant) {
        let key = Refusal(agent: agent, life: life, session: session)
        if let refused = self.refusedAt[key], now.duration(since: refused) < Self.shortestBackOff {
            self.violated("agent \(agent) runs back to session \(session), which refused it", at: now)
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
