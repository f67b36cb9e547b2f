import PoDCore
import PoDTestKit
import Testing

/// Thousands of random lives of a ledger beside the same lives of the plain model, compared after each event.
@Suite(.timeLimit(.minutes(10))) struct SlotLedgerRandomTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func agreesWithThePlainModel(_ block: UInt64) {
        for seed in block * 100..<block * 100 + 100 {
            var run = Run(seed: seed)
            for step in 0..<120 {
                if let problem = run.step() {
                    Issue.record("seed \(seed), step \(step): \(problem)\n\(run.trace.joined(separator: "\n"))")
                    return
                }
            }
        }
    }

    /// A ledger and a model in one world of claimants, connections and time.
    private struct Run {
        private static let epoch: UInt64 = 3
        private var generator: SeededGenerator
        private var clock = ManualClock()
        private var ledger: SlotLedger
        private var model: SlotLedgerModel
        private var highestGrant: UInt64 = 0
        private(set) var trace: [String] = []

        init(seed: UInt64) {
            self.generator = SeededGenerator(seed: seed)
            let wanted = Int.random(in: 0...12, using: &self.generator)
            self.ledger = SlotLedger(epoch: Self.epoch, wanted: wanted)
            self.model = SlotLedgerModel(wanted: wanted, epoch: Self.epoch)
            self.trace.append("wanted \(wanted)")
        }

        /// - Returns: What was not as it should be.
        mutating func step() -> String? {
            self.passTime()
            let now = self.clock.now
            let heldBefore = self.model.held(at: now)
            let lease = self.someLease()
            var agrees = true
            switch Int.random(in: 0..<20, using: &self.generator) {
            case 0..<6:
                let claim = ClaimID(high: 0, low: UInt64.random(in: 0..<24, using: &self.generator))
                let holder = ["a", "b", nil].randomElement(using: &self.generator) ?? nil
                let answer = self.ledger.claim(claim, holder: holder, at: now)
                let expected = self.model.claim(claim, holder: holder, at: now)
                self.note("claim \(claim.low) by \(holder ?? "nobody"): \(answer), expected \(expected)")
                agrees = answer == expected
                if case .granted(let granted) = answer {
                    guard heldBefore < self.model.wanted else { return "a grant with no slot free" }
                    guard granted.epoch == Self.epoch, granted.number > self.highestGrant else { return "an old id" }
                    self.highestGrant = granted.number
                }
            case 6..<9:
                agrees = self.heard(lease, "register", registers: true) { $0.register(lease, at: now) }
            case 9..<12:
                agrees = self.heard(lease, "heartbeat", registers: false) { $0.heartbeat(lease, at: now) }
            case 12..<13:
                agrees = self.heard(lease, "resume", registers: false) { $0.resume(lease, at: now) }
            case 13..<15:
                self.note("disconnected \(lease)")
                self.ledger.disconnected(lease, at: now)
                self.model.disconnected(lease, at: now)
            case 15..<16:
                self.note("bye \(lease)")
                self.ledger.bye(lease)
                self.model.bye(lease)
            case 16..<17:
                let wanted = Int.random(in: -1...12, using: &self.generator)
                self.note("wants \(wanted)")
                self.ledger.wanted = wanted
                self.model.wanted = max(0, wanted)
            default:
                let expiries = self.ledger.expire(at: now)
                let expected = self.model.expire(at: now)
                self.note("expire: \(expiries), expected \(expected)")
                agrees = expiries == expected
            }
            return agrees ? self.difference() : "another answer"
        }

        /// Messages come in one moment, a little later, at the very moment of a deadline, or after a long sleep.
        private mutating func passTime() {
            switch Int.random(in: 0..<12, using: &self.generator) {
            case 0..<5: break
            case 5..<8: self.clock.advance(by: self.generator.milliseconds(in: 0...3000))
            case 8..<9: self.clock.advance(by: .seconds(15))
            case 9..<11:
                if let deadline = self.model.nextChange(after: self.clock.now) {
                    let early = Bool.random(using: &self.generator) ? Duration.zero : .nanoseconds(1)
                    self.clock.advance(to: deadline.advanced(by: .zero - early))
                }
            default: self.clock.advance(by: self.generator.milliseconds(in: 0...200_000))
            }
        }

        /// Mostly one that was granted a short while ago, else an old one, one to come, or one of another epoch.
        private mutating func someLease() -> LeaseID {
            let count = UInt64(self.model.records.count)
            switch Int.random(in: 0..<20, using: &self.generator) {
            case 0: return LeaseID(epoch: Self.epoch - 1, number: UInt64.random(in: 0...count, using: &self.generator))
            case 1..<4:
                return LeaseID(epoch: Self.epoch, number: UInt64.random(in: 0...count + 1, using: &self.generator))
            default:
                let first = count > 12 ? count - 12 : 1
                let number = UInt64.random(in: first...max(first, count), using: &self.generator)
                return LeaseID(epoch: Self.epoch, number: number)
            }
        }

        private mutating func heard(
            _ lease: LeaseID, _ name: String, registers: Bool,
            _ tell: (inout SlotLedger) -> SlotLedger.LeaseAnswer
        ) -> Bool {
            let answer = tell(&self.ledger)
            let expected = self.model.heard(lease, registers: registers, at: self.clock.now)
            self.note("\(name) \(lease): \(answer), expected \(expected)")
            return answer == expected
        }

        private mutating func note(_ event: String) {
            self.trace.append("\(self.clock.now.sinceStart): \(event)")
        }

        /// What ledger and model count differently, once the ledger has noticed what time it is.
        private func difference() -> String? {
            let now = self.clock.now
            if let deadline = self.ledger.nextDeadline {
                if let change = self.model.nextChange(after: now), deadline > change {
                    return "the next deadline \(deadline.sinceStart) misses a change at \(change.sinceStart)"
                }
            } else if self.model.records.contains(where: { self.model.standing(of: $0, at: now) != .gone }) {
                return "there is a lease and no deadline"
            }
            var ledger = self.ledger
            _ = ledger.expire(at: now)
            let leases = ledger.all
            let counts = [
                ledger.heldSlots, ledger.registeredWorkers, ledger.freeSlots, ledger.surplus, ledger.wanted,
                leases.count { $0.holdsSlot }, leases.count { $0.isRegistered },
            ]
            let held = self.model.held(at: now)
            let registered = self.model.registered(at: now)
            let expected = [
                held, registered, max(0, self.model.wanted - held), max(0, held - self.model.wanted), self.model.wanted,
                held, registered,
            ]
            guard counts == expected else { return "counts \(counts), expected \(expected)" }
            let living = self.model.records.filter { self.model.standing(of: $0, at: now) != .gone }
            guard leases.map(\.id) == living.map(\.id) else { return "other leases" }
            for (lease, record) in zip(leases, living) where lease != ledger[record.id] || lease.claim != record.claim {
                return "another lease \(lease.id)"
            }
            return nil
        }
    }
}
