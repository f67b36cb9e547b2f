import PoDCore

/// The rules of the slot ledger once more, as plainly as they can be said: what is known of each lease is written down,
/// and what that means at a given time is worked out anew whenever it is asked.
struct SlotLedgerModel {
    /// What happened to one lease.
    struct Record {
        let id: LeaseID
        let claim: ClaimID
        let holder: String?
        let grantedAt: Instant
        var wasEverRegistered = false
        var lastHeard: Instant
        /// When its connection ended, unless it came back.
        var disconnectedAt: Instant?
        var saidGoodbye = false
        var wasToldLost = false
        /// How much of its fate was told: 1 away, 2 slot freed, 3 forgotten.
        var told = 0
    }

    enum Standing: Int {
        case present, away, lapsed, gone
    }

    var records: [Record] = []
    var wanted: Int
    let epoch: UInt64

    func standing(of record: Record, at now: Instant) -> Standing {
        if record.saidGoodbye || record.wasToldLost { return .gone }
        if !record.wasEverRegistered, now >= record.grantedAt.advanced(by: .seconds(120)) { return .gone }
        guard let left = self.left(record) else { return .present }
        if now < left { return .present }
        if now < left.advanced(by: .seconds(10)) { return .away }
        return now < left.advanced(by: .seconds(120)) ? .lapsed : .gone
    }

    /// When it went away, or will if nothing more is heard.
    private func left(_ record: Record) -> Instant? {
        let silent = record.wasEverRegistered ? record.lastHeard.advanced(by: .seconds(45)) : nil
        return record.disconnectedAt ?? silent
    }

    func held(at now: Instant) -> Int {
        self.records.count { [.present, .away].contains(self.standing(of: $0, at: now)) }
    }

    func registered(at now: Instant) -> Int {
        self.records.count { $0.wasEverRegistered && self.standing(of: $0, at: now) == .present }
    }

    mutating func claim(_ claim: ClaimID, holder: String?, at now: Instant) -> SlotLedger.ClaimAnswer {
        let own = self.records.first { $0.claim == claim && self.standing(of: $0, at: now) != .gone }
        if let own {
            return self.heard(own.id, registers: false, at: now) == .accepted ? .repeated(own.id) : .lost
        }
        if self.held(at: now) >= self.wanted { return .full }
        if let holder {
            let unregistered = self.records.count {
                $0.holder == holder && !$0.wasEverRegistered && self.standing(of: $0, at: now) != .gone
            }
            if unregistered >= max(4, self.wanted / 20) { return .tooManyUnregistered }
        }
        let id = LeaseID(epoch: self.epoch, number: UInt64(self.records.count) + 1)
        self.records.append(Record(id: id, claim: claim, holder: holder, grantedAt: now, lastHeard: now))
        return .granted(id)
    }

    mutating func heard(_ id: LeaseID, registers: Bool, at now: Instant) -> SlotLedger.LeaseAnswer {
        guard let index = self.records.firstIndex(where: { $0.id == id }) else { return .leaseLost }
        let standing = self.standing(of: self.records[index], at: now)
        if standing == .gone { return .leaseLost }
        if standing == .lapsed, self.held(at: now) >= self.wanted {
            self.records[index].wasToldLost = true
            return .leaseLost
        }
        self.records[index].wasEverRegistered = self.records[index].wasEverRegistered || registers
        self.records[index].lastHeard = now
        self.records[index].disconnectedAt = nil
        self.records[index].told = 0
        return .accepted
    }

    mutating func disconnected(_ id: LeaseID, at now: Instant) {
        guard let index = self.records.firstIndex(where: { $0.id == id }),
            self.standing(of: self.records[index], at: now) == .present
        else { return }
        self.records[index].disconnectedAt = now
    }

    mutating func bye(_ id: LeaseID) {
        guard let index = self.records.firstIndex(where: { $0.id == id }) else { return }
        self.records[index].saidGoodbye = true
    }

    mutating func expire(at now: Instant) -> [SlotLedger.Expiry] {
        var expiries: [SlotLedger.Expiry] = []
        for index in self.records.indices where !self.records[index].saidGoodbye {
            let record = self.records[index]
            let fate = self.standing(of: record, at: now).rawValue
            // Who ended the connection is not told that it ended, and who never registered was not there.
            if record.told < 1, fate >= 1, record.disconnectedAt == nil, record.wasEverRegistered {
                expiries.append(.away(record.id))
            }
            if record.told < 2, fate >= 2 { expiries.append(.slotFreed(record.id)) }
            if record.told < 3, fate >= 3 { expiries.append(.forgotten(record.id)) }
            self.records[index].told = max(record.told, fate)
        }
        return expiries
    }

    /// The first time after `now` at which some lease stands differently, if nothing happens.
    func nextChange(after now: Instant) -> Instant? {
        let times = self.records.flatMap { record in
            let left = self.left(record)
            return [
                record.wasEverRegistered ? nil : record.grantedAt.advanced(by: .seconds(120)), left,
                left?.advanced(by: .seconds(10)), left?.advanced(by: .seconds(120)),
            ].compactMap { $0 }.filter { time in
                time > now && self.standing(of: record, at: now) != self.standing(of: record, at: time)
            }
        }
        return times.min()
    }
}
