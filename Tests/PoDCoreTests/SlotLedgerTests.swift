import PoDCore
import Testing

@Suite struct SlotLedgerTests {
    @Test(arguments: SlotLedgerStory.all)
    func answers(_ story: SlotLedgerStory) {
        var ledger = SlotLedger(epoch: SlotLedgerStory.epoch, wanted: story.wanted)
        for (index, step) in story.steps.enumerated() {
            #expect(step.found(in: &ledger) == step.expected, "step \(index)")
        }
    }

    @Test func neverWantsLessThanNothing() {
        var ledger = SlotLedger(epoch: 1, wanted: -5)
        #expect(ledger.wanted == 0)
        #expect(ledger.freeSlots == 0)
        ledger.wanted = .min
        #expect(ledger.wanted == 0)
        #expect(ledger.claim(ClaimID(high: 0, low: 1), at: .start) == .full)
        ledger.wanted = .max
        #expect(ledger.freeSlots == .max)
        #expect(ledger.claim(ClaimID(high: 0, low: 1), at: .start) == .granted(LeaseID(epoch: 1, number: 1)))
    }

    @Test(
        "a ticket that is for three workers has three slots, whatever becomes of them, and as many once they are over")
    func limitsTheSlotsOfOneHolder() {
        var ledger = SlotLedger(epoch: 1, wanted: 10)
        let limits = SlotLedger.HolderLimits(leases: 3, unregistered: 3)
        let claim = { (ledger: inout SlotLedger, number: UInt64, holder: String) in
            ledger.claim(ClaimID(high: 0, low: number), holder: holder, limits: limits, at: .start)
        }
        let leases = (1...3 as ClosedRange<UInt64>).map { LeaseID(epoch: 1, number: $0) }
        for number in 1...3 as ClosedRange<UInt64> {
            #expect(claim(&ledger, number, "join") == .granted(leases[Int(number) - 1]))
            #expect(ledger.register(leases[Int(number) - 1], at: .start) == .accepted)
        }
        #expect(claim(&ledger, 4, "join") == .tooManyOfHolder)
        ledger.disconnected(leases[0], at: .start)
        #expect(claim(&ledger, 4, "join") == .tooManyOfHolder, "a slot is held for who is away")
        #expect(claim(&ledger, 1, "join") == .repeated(leases[0]))
        #expect(claim(&ledger, 5, "other") == .granted(LeaseID(epoch: 1, number: 4)))
        ledger.bye(leases[1])
        #expect(claim(&ledger, 4, "join") == .granted(LeaseID(epoch: 1, number: 5)))
    }

    @Test("leases that were restored count for their ticket")
    func limitsTheRestored() {
        let granted = SlotLedger.Granted(
            id: LeaseID(epoch: 1, number: 1), claim: ClaimID(high: 0, low: 1), holder: "join")
        var ledger = SlotLedger(epoch: 2, wanted: 10, restoring: [granted], at: .start)
        let limits = SlotLedger.HolderLimits(leases: 1)
        #expect(ledger.claim(ClaimID(high: 0, low: 2), holder: "join", limits: limits, at: .start) == .tooManyOfHolder)
    }

    /// At most max(4, 5 % of the slots) leases of one ticket may wait for their registration.
    @Test(arguments: [(1000, 50), (100, 5), (99, 4), (80, 4), (20, 4), (5, 4), (3, 3)])
    func limitsTheUnregisteredOfOneHolder(_ wanted: Int, _ expected: Int) {
        var ledger = SlotLedger(epoch: 1, wanted: wanted)
        let answers = (0..<UInt64(wanted)).map {
            ledger.claim(ClaimID(high: 0, low: $0), holder: "site", at: .start)
        }
        #expect(answers.count { if case .granted = $0 { true } else { false } } == expected)
        #expect(ledger.heldSlots == expected)
        // Others are not kept out, and neither are claimants without a ticket.
        if wanted > expected + 1 {
            #expect(answers.last == .tooManyUnregistered)
            let other = ledger.claim(ClaimID(high: 1, low: 0), holder: "other", at: .start)
            #expect(other == .granted(LeaseID(epoch: 1, number: UInt64(expected) + 1)))
            let nobody = ledger.claim(ClaimID(high: 1, low: 1), at: .start)
            #expect(nobody == .granted(LeaseID(epoch: 1, number: UInt64(expected) + 2)))
        }
    }

    @Test func survivesOddLimits() {
        for limit in [Duration.seconds(-1), .zero, .seconds(Int64.max)] {
            var limits = SlotLedger.Limits()
            limits.registration = limit
            limits.silence = limit
            limits.grace = limit
            limits.resumption = .zero - limit
            var ledger = SlotLedger(epoch: 1, wanted: 2, limits: limits)
            _ = ledger.claim(ClaimID(high: 0, low: 1), at: .start)
            _ = ledger.register(LeaseID(epoch: 1, number: 1), at: .start)
            _ = ledger.expire(at: .start)
            ledger.disconnected(LeaseID(epoch: 1, number: 1), at: .start)
            _ = ledger.expire(at: Instant(sinceStart: .seconds(Int64.max)))
            #expect(ledger.heldSlots == ledger.all.count { $0.holdsSlot })
        }
    }

    @Test func tellsWhenToLookAgain() {
        var ledger = SlotLedger(epoch: 1, wanted: 2)
        #expect(ledger.nextDeadline == nil)
        let lease = LeaseID(epoch: 1, number: 1)
        _ = ledger.claim(ClaimID(high: 0, low: 1), at: .start)
        #expect(ledger.nextDeadline == Instant(sinceStart: .seconds(120)))
        _ = ledger.register(lease, at: .start)
        #expect(ledger.nextDeadline == Instant(sinceStart: .seconds(45)))
        ledger.disconnected(lease, at: Instant(sinceStart: .seconds(5)))
        #expect(ledger.nextDeadline == Instant(sinceStart: .seconds(15)))
        // Another call noticed what has expired: it is to be told at once.
        _ = ledger.heartbeat(LeaseID(epoch: 1, number: 2), at: Instant(sinceStart: .seconds(15)))
        #expect(ledger.nextDeadline == .start)
        #expect(ledger.expire(at: Instant(sinceStart: .seconds(15))) == [.slotFreed(lease)])
        #expect(ledger.nextDeadline == Instant(sinceStart: .seconds(125)))
        ledger.bye(lease)
        #expect(ledger.nextDeadline == nil)
    }

    @Test func showsLeasesTheOldestFirst() {
        var ledger = SlotLedger(epoch: 1, wanted: 100)
        for number in 0..<100 as Range<UInt64> {
            _ = ledger.claim(ClaimID(high: 0, low: number), at: .start)
        }
        #expect(ledger.all.map(\.id.number) == Array(1...100))
        let lease = LeaseID(epoch: 1, number: 42)
        #expect(ledger[lease]?.claim == ClaimID(high: 0, low: 41))
        #expect(ledger[lease]?.state == .granted(registerBefore: Instant(sinceStart: .seconds(120))))
        #expect(ledger[LeaseID(epoch: 1, number: 101)] == nil)
        #expect(ledger[LeaseID(epoch: 2, number: 42)] == nil)
    }
}
