import PoDCore
import PoDTestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct MasterRulesTests {
    private var rules = MasterRules(epoch: 5, wanted: 4)
    private var clock = ManualClock()

    private static func claim(_ number: UInt64) -> ClaimID { ClaimID(high: 1, low: number) }

    private mutating func lease(_ number: UInt64) throws -> LeaseID {
        let answer = self.rules.claim(Self.claim(number), actingOn: nil, at: self.clock.now)
        guard case .granted(let lease) = answer else {
            throw ValueError("claim", "\(answer)")
        }
        return lease
    }

    @Test("a wish for more opens slots at once")
    mutating func more() {
        #expect(self.rules.freeSlots == 4)
        #expect(self.rules.want(6, at: self.clock.now) == [])
        #expect(self.rules.freeSlots == 6)
    }

    @Test("when fewer are wanted, who has no daemon leaves first, then who is away, then the youngest")
    mutating func surplus() throws {
        let leases = try (1...4).map { try self.lease($0) }
        for lease in [leases[0], leases[1], leases[3]] {
            #expect(self.rules.register(lease, at: self.clock.now) == .accepted)
        }
        self.rules.disconnected(leases[0], at: self.clock.now)
        #expect(self.rules.want(1, at: self.clock.now) == [leases[2], leases[0], leases[3]])
        #expect(self.rules.isLeaving(leases[3]) && !self.rules.isLeaving(leases[1]))
        // Nobody is told twice, and wishes are counted against those who stay.
        #expect(self.rules.want(1, at: self.clock.now) == [])
        #expect(self.rules.want(0, at: self.clock.now) == [leases[1]])
    }

    @Test("nothing is granted to others while leases are above what is wanted")
    mutating func noGrantAboveWanted() throws {
        let leases = try (1...4).map { try self.lease($0) }
        _ = self.rules.want(2, at: self.clock.now)
        #expect(self.rules.claim(Self.claim(9), actingOn: nil, at: self.clock.now) == .full)
        self.rules.bye(leases[3])
        self.rules.bye(leases[2])
        #expect(self.rules.claim(Self.claim(9), actingOn: nil, at: self.clock.now) == .full)
        self.rules.bye(leases[1])
        #expect(self.rules.freeSlots == 1)
    }

    @Test("who does not leave within a minute loses the lease")
    mutating func revoked() throws {
        let lease = try self.lease(1)
        #expect(self.rules.register(lease, at: self.clock.now) == .accepted)
        #expect(self.rules.want(0, at: self.clock.now) == [lease])
        #expect(self.rules.nextDeadline == self.clock.now.advanced(by: .seconds(45)))
        for _ in 0..<5 {
            self.clock.advance(by: .seconds(11))
            #expect(self.rules.heartbeat(lease, at: self.clock.now) == .accepted)
            #expect(self.rules.expire(at: self.clock.now) == [])
        }
        self.clock.advance(by: .seconds(5))
        #expect(self.rules.expire(at: self.clock.now) == [.slotFreed(lease), .forgotten(lease)])
        #expect(self.rules.heartbeat(lease, at: self.clock.now) == .leaseLost)
        #expect(!self.rules.isLeaving(lease))
        #expect(self.rules.nextDeadline == nil)
    }

    @Test("the end sends everybody away, and nothing is granted or advertised after it")
    mutating func end() throws {
        let leases = try (1...3).map { try self.lease($0) }
        _ = self.rules.step(at: self.clock.now)
        #expect(Set(self.rules.end(at: self.clock.now)) == Set(leases))
        #expect(self.rules.end(at: self.clock.now) == [])
        #expect(self.rules.want(7, at: self.clock.now) == [])
        #expect(self.rules.freeSlots == 0)
        #expect(self.rules.claim(Self.claim(9), actingOn: nil, at: self.clock.now) == .full)
        var withdrawals = 0
        for _ in 0..<60 {
            switch self.rules.step(at: self.clock.now) {
            case .withdraw: withdrawals += 1
            case .advertise: Issue.record("advertised after the end")
            case .wait, .silence: break
            }
            self.clock.advance(by: .seconds(1))
        }
        #expect(withdrawals == InvitationControl.withdrawals)
    }

    @Test("a claimant that asks again in vain counts once")
    mutating func countedOnce() {
        var other = MasterRules(epoch: 5, wanted: 1)
        var shares: [Double] = []
        for repeats in [1, 50] {
            other = MasterRules(epoch: 5, wanted: 1)
            self.clock = ManualClock()
            _ = other.step(at: self.clock.now)
            guard case .granted(let lease) = other.claim(Self.claim(1), actingOn: nil, at: self.clock.now) else {
                Issue.record("not granted")
                return
            }
            for _ in 0..<repeats {
                #expect(other.claim(Self.claim(2), actingOn: nil, at: self.clock.now) == .full)
            }
            other.bye(lease)
            self.clock.advance(by: .seconds(30))
            other.readBack(AdvertisementOrder(epoch: 5, sequence: 1), at: self.clock.now)
            guard case .advertise(_, let share) = other.step(at: self.clock.now) else {
                Issue.record("not advertised")
                return
            }
            shares.append(share)
        }
        #expect(shares[0] == shares[1])
    }

    @Test("a master that starts again holds the slots of its journal, and sends away who is too many")
    mutating func restored() throws {
        let leases = try (1...4).map { try self.lease($0) }
        let granted = self.rules.ledger.all.map { SlotLedger.Granted($0) }
        var restarted = MasterRules(epoch: 6, wanted: 3, restoring: granted, at: self.clock.now)
        #expect(restarted.freeSlots == 0)
        #expect(restarted.ledger.heldSlots == 4)
        #expect(restarted.isLeaving(leases[3]))
        #expect(restarted.claim(Self.claim(1), actingOn: nil, at: self.clock.now) == .repeated(leases[0]))
        self.clock.advance(by: .seconds(40))
        #expect(restarted.heartbeat(leases[0], at: self.clock.now) == .accepted)
        self.clock.advance(by: .seconds(20))
        _ = restarted.expire(at: self.clock.now)
        // One came back; the slots of the others are free.
        #expect(restarted.ledger.heldSlots == 1)
        #expect(restarted.freeSlots == 2)
    }

    @Test("a journal's leases of this epoch or a later one are left out, and a claim has one lease")
    func restoresOnlyThePast() {
        let granted = [(5, 1, 1), (6, 1, 2), (7, 1, 3), (4, 9, 1)].map { epoch, number, claim in
            SlotLedger.Granted(
                id: LeaseID(epoch: UInt64(epoch), number: UInt64(number)), claim: Self.claim(UInt64(claim)), holder: nil
            )
        }
        let ledger = SlotLedger(epoch: 6, wanted: 10, restoring: granted, at: .start)
        #expect(ledger.all.map(\.id) == [LeaseID(epoch: 5, number: 1)])
    }
}
