import PoDCore
import PoDTestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct InvitationControlTests {
    private static func control(readsBack: Bool = true) -> InvitationControl {
        var limits = InvitationControl.Limits()
        limits.readsBack = readsBack
        return InvitationControl(epoch: 7, limits: limits)
    }

    @Test("begins with a share that is safe for millions of watchers", arguments: [1, 10, 1000, 10_000])
    func firstShare(_ slots: Int) throws {
        var control = Self.control()
        guard case .advertise(let order, let share) = control.step(freeSlots: slots, at: .start) else {
            Issue.record("nothing advertised")
            return
        }
        #expect(order == AdvertisementOrder(epoch: 7, sequence: 1))
        // A million watchers that check every 30 s, for the 12 s until something of it can be known.
        #expect(share * 1_000_000 / 30 * 12 < Double(slots))
        #expect(share > 1e-7)
        #expect(control.share == share)
    }

    @Test("does not grow on what was never seen")
    func staysWhileNothingIsVisible() {
        var control = Self.control()
        var clock = ManualClock()
        var exposure = 0.0
        while clock.now.sinceStart < .seconds(600) {
            _ = control.step(freeSlots: 1, at: clock.now)
            exposure += control.share * 2
            clock.advance(by: .seconds(2))
        }
        // All that was ever published in ten minutes would bring a million watchers to about one claim.
        #expect(exposure * 1_000_000 / 30 < 1)
    }

    @Test("grows until everybody is invited when nobody comes", arguments: [1, 10, 1000], [2, 15, 40])
    func growsToOne(_ slots: Int, _ lag: Int64) {
        var loop = Loop(lag: .seconds(lag))
        loop.run(freeSlots: slots, for: .seconds(100 + 30 * lag))
        #expect(loop.control.share == 1)
        #expect(loop.control.estimatedLag >= .seconds(lag - 2))
        #expect(loop.control.estimatedLag <= .seconds(lag + 5))
    }

    @Test("publishes at most every 2 s, and at least every period")
    func spacing() {
        var loop = Loop(lag: .seconds(5))
        loop.run(freeSlots: 3, for: .seconds(300))
        let times = loop.sent.map(\.at)
        let gaps = zip(times, times.dropFirst()).map { $1.duration(since: $0) }
        #expect(gaps.allSatisfy { $0 >= .seconds(2) && $0 <= .seconds(20) })
        #expect(gaps.contains { $0 < .seconds(3) })
        #expect(gaps.last == .seconds(20))
    }

    @Test("a period shorter than 2 s is kept to")
    func shortPeriod() {
        var limits = InvitationControl.Limits()
        limits.period = .seconds(1)
        var control = InvitationControl(epoch: 7, limits: limits)
        guard case .advertise = control.step(freeSlots: 1, at: .start),
            case .advertise(let second, _) = control.step(freeSlots: 1, at: .start.advanced(by: .seconds(1)))
        else {
            Issue.record("not advertised each second")
            return
        }
        #expect(second.sequence == 2)
    }

    @Test("withdraws three times, then is silent, then begins with what it knows")
    func withdrawal() {
        var loop = Loop(lag: .seconds(2))
        loop.run(freeSlots: 1, for: .seconds(60))
        let share = loop.control.share
        loop.control.claimed(on: AdvertisementOrder(epoch: 7, sequence: loop.control.sequence), at: loop.clock.now)
        let before = loop.sent.count
        loop.run(freeSlots: 0, for: .seconds(30))
        let withdrawals = loop.sent.dropFirst(before)
        #expect(withdrawals.map(\.share) == [0, 0, 0])
        #expect(withdrawals.map(\.sequence) == (1...3).map { UInt64(before + $0) })
        #expect(loop.control.step(freeSlots: 0, at: loop.clock.now) == .silence)
        guard case .advertise(_, let again) = loop.control.step(freeSlots: 1, at: loop.clock.now) else {
            Issue.record("nothing advertised")
            return
        }
        #expect(again > share / 100 && again < share)
    }

    @Test("an advertisement comes at once when a slot is free during the withdrawal")
    func slotDuringWithdrawal() {
        var control = Self.control()
        _ = control.step(freeSlots: 1, at: .start)
        let now = Instant.start.advanced(by: .seconds(1))
        guard case .withdraw = control.step(freeSlots: 0, at: now) else {
            Issue.record("nothing withdrawn")
            return
        }
        guard case .advertise(let order, _) = control.step(freeSlots: 1, at: now) else {
            Issue.record("nothing advertised")
            return
        }
        #expect(order.sequence == 3)
    }

    @Test("claims lower the share to what fills the free slots")
    func claimsAreAimedAt() {
        var loop = Loop(lag: .seconds(2), claimsPerSecondAtOne: 3000)
        loop.run(freeSlots: 1000, for: .seconds(40))
        // 3000 checks a second and 1000 slots: never more than a few seconds of claims too many.
        #expect(loop.claims >= 700)
        loop.run(freeSlots: 1000, for: .seconds(60))
        #expect(loop.claims >= 950 && loop.claims < 1500)
    }

    @Test("takes no sequence for seen that it never published, nor one of another epoch")
    func foreignOrders() {
        var control = Self.control()
        _ = control.step(freeSlots: 1, at: .start)
        let now = Instant.start.advanced(by: .seconds(1))
        control.readBack(AdvertisementOrder(epoch: 7, sequence: 99), at: now)
        control.readBack(AdvertisementOrder(epoch: 6, sequence: 1), at: now)
        control.readBack(nil, at: now)
        #expect(control.estimatedLag == control.limits.assumedLag)
        control.readBack(AdvertisementOrder(epoch: 7, sequence: 1), at: now)
        #expect(control.estimatedLag < control.limits.assumedLag)
    }

    @Test("without reading back, grows by the assumed lag")
    func withoutReadBack() {
        var control = Self.control(readsBack: false)
        var clock = ManualClock()
        while clock.now.sinceStart < .seconds(900) {
            _ = control.step(freeSlots: 1, at: clock.now)
            clock.advance(by: .seconds(1))
        }
        #expect(control.share == 1)
    }

    /// A control with a repository that is a fixed time behind, and watchers whose claims come evenly.
    private struct Loop {
        var control = InvitationControlTests.control()
        var clock = ManualClock()
        let lag: Duration
        var claimsPerSecondAtOne = 0.0
        var sent: [(sequence: UInt64, share: Double, at: Instant)] = []
        var claims = 0
        private var claimed = 0.0

        init(lag: Duration, claimsPerSecondAtOne: Double = 0) {
            self.lag = lag
            self.claimsPerSecondAtOne = claimsPerSecondAtOne
        }

        mutating func run(freeSlots: Int, for duration: Duration) {
            let end = self.clock.now.advanced(by: duration)
            while self.clock.now < end {
                let now = self.clock.now
                if let visible = self.sent.last(where: { $0.at.advanced(by: self.lag) <= now }) {
                    let order = AdvertisementOrder(epoch: 7, sequence: visible.sequence)
                    self.control.readBack(order, at: now)
                    self.claimed += self.claimsPerSecondAtOne * visible.share * 0.5
                    while self.claimed >= 1 {
                        self.claimed -= 1
                        self.claims += 1
                        self.control.claimed(on: order, at: now)
                    }
                }
                switch self.control.step(freeSlots: max(0, freeSlots - self.claims * (freeSlots > 0 ? 1 : 0)), at: now)
                {
                case .advertise(let order, let share): self.sent.append((order.sequence, share, now))
                case .withdraw(let order): self.sent.append((order.sequence, 0, now))
                case .wait, .silence: break
                }
                self.clock.advance(by: .milliseconds(500))
            }
        }
    }
}
