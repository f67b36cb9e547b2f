import PoDCore

/// The properties, checked while the run goes on.
extension Simulation {
    /// Books of up to this many slots are counted after every event; larger ones now and then, for that takes long.
    private static let countedAlways = 64

    private func isCounted(_ master: Int) -> Bool {
        self.masters[master].rules.ledger.heldSlots <= Self.countedAlways || self.report.events % 1024 == 0
    }

    /// The slots that are held at this moment, counted before a master hears of an event; `nil` when this event's turn
    /// to be counted has not come.
    func heldBefore(_ master: Int) -> Int? {
        guard self.isCounted(master) else { return nil }
        // What is overdue is free for the event, so a copy lets it go first.
        var ledger = self.masters[master].rules.ledger
        _ = ledger.expire(at: self.now)
        return ledger.all.count { $0.holdsSlot }
    }

    mutating func inspectLedger(of master: Int, heldBefore: Int?) {
        guard let heldBefore else { return }
        self.oracle.check(self.masters[master].rules.ledger, heldBefore: heldBefore, at: self.now)
    }

    /// An advertisement or withdrawal leaves a master.
    mutating func inspectDatagram(of master: Int, wanted: Int, share: Double) {
        let ledger = self.masters[master].rules.ledger
        if wanted > 0, self.masters[master].rules.isEnding || ledger.heldSlots >= ledger.wanted {
            self.oracle.violated("master \(master) advertises with every slot held", at: self.now)
        }
        if wanted > 0, !(share > 0 && share <= 1) {
            self.oracle.violated("master \(master) advertises the share \(share)", at: self.now)
        }
        if let fullSince = self.masters[master].fullSince,
            self.now.duration(since: fullSince) > self.settings.publishPeriod
        {
            self.oracle.violated("master \(master) is not silent a publish period after it had enough", at: self.now)
        }
    }

    /// Each second.
    mutating func inspect() {
        for master in self.masters.indices where self.masters[master].isAlive && self.isCounted(master) {
            self.inspectOrphans(of: master)
            if let since = self.masters[master].surplusSince,
                self.now.duration(since: since) > Oracle.longestSurplus
            {
                self.oracle.violated("master \(master) keeps more workers than are wanted", at: self.now)
            }
            self.inspectGhosts(of: master)
        }
        let period = max(1, Int(self.settings.checkPeriod.inSeconds))
        let second = Int(self.now.sinceStart.inSeconds)
        if second % period == 0, self.settings.agents <= 5000, !self.isEnding {
            for session in self.sessions.indices {
                self.inspectStarving(session)
            }
        }
    }

    /// A worker ends at once when it is told to: its silence alone would end it much later.
    mutating func inspectObedience(of worker: Int) {
        guard self.workers[worker].isAlive else { return }
        self.oracle.violated("worker \(worker) runs on though it was told to end", at: self.now)
    }

    /// No slot is lost for ever: each is free, or a living worker has it.
    private mutating func inspectOrphans(of master: Int) {
        for lease in self.masters[master].rules.ledger.all where lease.holdsSlot {
            guard let worker = self.masters[master].workerOfLease[lease.id],
                let ended = self.workers[worker].endedAt
            else { continue }
            let since = max(ended, self.masters[master].startedAt)
            if self.now.duration(since: since) > Oracle.longestOrphan {
                self.oracle.violated("lease \(lease.id) is held for a worker that is gone", at: self.now)
            }
        }
    }

    /// No daemon runs long after its slot went to another.
    private mutating func inspectGhosts(of master: Int) {
        for lease in self.masters[master].freedAt.keys.sorted() {
            guard let freed = self.masters[master].freedAt[lease] else { continue }
            let worker = self.masters[master].workerOfLease[lease]
            var since = freed
            if let worker, !self.population.sleepsUntil.isEmpty {
                since = max(since, self.population.sleepsUntil[self.workers[worker].agent])
            }
            // A master that was replaced and does not know it yet still answers for its own workers.
            if let worker, self.isHeldElsewhere(lease, of: worker, besides: master) {
                since = self.now
                self.masters[master].freedAt[lease] = since
            }
            guard self.now.duration(since: since) > Oracle.longestGhost else { continue }
            self.masters[master].freedAt.removeValue(forKey: lease)
            if let worker, self.workers[worker].daemonRuns, self.workers[worker].lease == lease {
                self.oracle.violated("the daemon of worker \(worker) outlives its lease \(lease)", at: self.now)
            }
        }
    }

    private func isHeldElsewhere(_ lease: LeaseID, of worker: Int, besides master: Int) -> Bool {
        guard let connection = self.workers[worker].connection else { return false }
        let other = self.connections[connection].process
        return other != master && self.masters[other].isAlive
            && self.masters[other].rules.ledger[lease]?.holdsSlot == true
    }

    /// Free slots that healthy watchers can see are leased in time, once the faults are over.
    private mutating func inspectStarving(_ session: Int) {
        self.sessions[session].starvingSince = self.starving(session)
        guard let since = self.sessions[session].starvingSince?.time,
            self.now.duration(since: since) > self.settings.recovery
        else { return }
        self.oracle.violated("slots of session \(session) stay free though watchers are there", at: self.now)
        self.sessions[session].starvingSince = nil
    }

    private func starving(_ session: Int) -> (time: Instant, leases: Int)? {
        guard self.now >= self.faultsEnd, let master = self.sessions[session].process, self.masters[master].isAlive,
            self.masters[master].rules.freeSlots > 0
        else { return nil }
        let id = self.sessions[session].masterJobID
        let candidate = MasterSelection.Candidate(
            masterJobID: id, order: AdvertisementOrder(epoch: 1, sequence: 1), wanted: 1, share: 1)
        let canSee = self.population.standings.indices.contains { agent in
            guard self.population.standings[agent] == .watching,
                self.population.wakeUp(of: agent, at: self.now) == nil
            else { return false }
            let clock = self.population.clock(of: agent, at: self.now)
            return self.population.selections[agent].choose(from: [candidate], at: clock, random: 0).chosen != nil
        }
        guard canSee else { return nil }
        let leases = self.masters[master].rules.ledger.heldSlots
        if let known = self.sessions[session].starvingSince, known.leases == leases { return known }
        return (self.now, leases)
    }

    /// All machines have reached their end.
    mutating func inspectEnd() {
        for worker in self.workers.indices where self.workers[worker].isAlive {
            guard self.population.wakeUp(of: self.workers[worker].agent, at: self.now) == nil else { continue }
            self.oracle.violated("worker \(worker) has not ended", at: self.now)
        }
        for master in self.masters.indices where self.masters[master].isAlive {
            if self.masters[master].rules.ledger.heldSlots > 0 {
                self.oracle.violated("master \(master) has leases after its end", at: self.now)
            }
        }
        for agent in self.population.standings.indices where self.population.standings[agent] == .watching {
            // An agent whose host slept has not yet had all of its time.
            guard self.population.clockLags.isEmpty || self.population.clockLags[agent] == .zero else { continue }
            self.oracle.violated("agent \(agent) watches beyond its run time", at: self.now)
        }
    }
}
