import PoDCore

/// What masters publish, and how they look for it in the repository.
extension Simulation {
    /// The master looks at the repository for its own advertisement.
    mutating func readBack(_ master: Int) {
        guard self.masters[master].plain == nil, self.masters[master].rules.invitations.wantsReadBack else {
            self.masters[master].nextReadBack = nil
            return
        }
        guard let due = self.masters[master].nextReadBack, due <= self.now else {
            self.masters[master].nextReadBack =
                self.masters[master].nextReadBack ?? self.now.advanced(by: InvitationControl.lookInterval)
            return
        }
        self.masters[master].nextReadBack = self.now.advanced(by: InvitationControl.lookInterval)
        self.report.repositoryRequests += 1
        guard self.now >= self.outageUntil, !self.faultChance.happens(self.faults.failing) else { return }
        var time = self.now
        if self.faultChance.happens(self.faults.stale) {
            time = time.advanced(by: .zero - self.faultChance.upTo(Repository.oldestAnswer))
        }
        let own = self.sessions[self.masters[master].session].masterJobID
        let rows = self.repository.answer(at: time, now: self.now).signed.filter { $0.masterJobID == own }
        self.masters[master].rules.readBack(rows.map(\.order).max(), at: self.now)
    }

    /// - Returns: When there is something to publish again.
    mutating func advertise(_ master: Int) -> Instant? {
        while true {
            let freeSlots = self.masters[master].rules.freeSlots
            switch self.nextAdvertisement(of: master) {
            case .advertise(let order, let share):
                self.send(master, order, wanted: freeSlots, share: share)
            case .withdraw(let order):
                self.send(master, order, wanted: 0, share: 0)
            case .wait(let until):
                guard until > self.now else {
                    self.oracle.violated("master \(master) is to wait until now", at: self.now)
                    return self.now.advanced(by: .seconds(1))
                }
                return until
            case .silence:
                return nil
            }
        }
    }

    private mutating func nextAdvertisement(of master: Int) -> InvitationControl.Step {
        guard self.masters[master].plain != nil else {
            return self.masters[master].rules.step(at: self.now)
        }
        let freeSlots = self.masters[master].rules.freeSlots
        let now = self.now
        guard let step = self.masters[master].plain?.step(freeSlots: freeSlots, at: now) else { return .silence }
        let order = AdvertisementOrder(
            epoch: self.masters[master].rules.ledger.epoch, sequence: self.masters[master].plainSequence + 1)
        switch step {
        case .advertise:
            self.masters[master].plainSequence += 1
            return .advertise(order, share: 1)
        case .withdraw:
            self.masters[master].plainSequence += 1
            return .withdraw(order)
        case .wait(let until): return .wait(until: until)
        case .silence: return .silence
        }
    }

    private mutating func send(_ master: Int, _ order: AdvertisementOrder, wanted: Int, share: Double) {
        let number = Int(truncatingIfNeeded: order.sequence)
        if wanted > 0 {
            self.note(.advertised, master, number, "sequence \(number), \(wanted) slots, share \(share)")
        } else {
            self.note(.withdrawn, master, number, "sequence \(number)")
        }
        self.inspectDatagram(of: master, wanted: wanted, share: share)
        self.publish(
            Advertised(
                session: self.masters[master].session, process: master, order: order, wanted: wanted, share: share))
    }
}
