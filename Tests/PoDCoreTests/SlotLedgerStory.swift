import PoDCore
import Testing

/// What happens to a ledger, and what it has to answer. Times are in seconds, leases are named by their numbers.
struct SlotLedgerStory: Sendable, CustomTestStringConvertible {
    static let epoch: UInt64 = 7

    let testDescription: String
    let wanted: Int
    let steps: [Step]

    init(_ name: String, wanted: Int, _ steps: [Step]) {
        self.testDescription = name
        self.wanted = wanted
        self.steps = steps
    }

    struct Step: Sendable {
        let event: Event
        let expected: Answer

        static func claim(_ claim: UInt64, at time: Int64, by holder: String? = nil, _ expected: Answer) -> Step {
            Step(event: .claim(claim, holder: holder, time), expected: expected)
        }

        static func register(_ lease: UInt64, at time: Int64, _ expected: Answer) -> Step {
            Step(event: .register(lease, time), expected: expected)
        }

        static func heartbeat(_ lease: UInt64, at time: Int64, _ expected: Answer) -> Step {
            Step(event: .heartbeat(lease, time), expected: expected)
        }

        static func resume(_ lease: UInt64, at time: Int64, _ expected: Answer) -> Step {
            Step(event: .resume(lease, time), expected: expected)
        }

        static func disconnected(_ lease: UInt64, at time: Int64) -> Step {
            Step(event: .disconnected(lease, time), expected: .none)
        }

        static func bye(_ lease: UInt64) -> Step {
            Step(event: .bye(lease), expected: .none)
        }

        static func wants(_ wanted: Int) -> Step {
            Step(event: .wants(wanted), expected: .none)
        }

        static func expire(at time: Int64, _ expected: [SlotLedger.Expiry]) -> Step {
            Step(event: .expire(time), expected: .expiries(expected))
        }

        static func counts(held: Int, registered: Int, free: Int, surplus: Int = 0) -> Step {
            Step(event: .count, expected: .counts([held, registered, free, surplus]))
        }

        /// What the ledger says to the event.
        func found(in ledger: inout SlotLedger) -> Answer {
            switch self.event {
            case .claim(let claim, let holder, let time):
                return .claim(ledger.claim(ClaimID(high: 1, low: claim), holder: holder, at: .seconds(time)))
            case .register(let lease, let time):
                return .lease(ledger.register(.number(lease), at: .seconds(time)))
            case .heartbeat(let lease, let time):
                return .lease(ledger.heartbeat(.number(lease), at: .seconds(time)))
            case .resume(let lease, let time):
                return .lease(ledger.resume(.number(lease), at: .seconds(time)))
            case .disconnected(let lease, let time):
                ledger.disconnected(.number(lease), at: .seconds(time))
            case .bye(let lease):
                ledger.bye(.number(lease))
            case .wants(let wanted):
                ledger.wanted = wanted
            case .expire(let time):
                return .expiries(ledger.expire(at: .seconds(time)))
            case .count:
                return .counts([ledger.heldSlots, ledger.registeredWorkers, ledger.freeSlots, ledger.surplus])
            }
            return .none
        }
    }

    enum Event: Sendable {
        case claim(UInt64, holder: String?, Int64)
        case register(UInt64, Int64)
        case heartbeat(UInt64, Int64)
        case resume(UInt64, Int64)
        case disconnected(UInt64, Int64)
        case bye(UInt64)
        case wants(Int)
        case expire(Int64)
        case count
    }

    enum Answer: Hashable, Sendable {
        case claim(SlotLedger.ClaimAnswer)
        case lease(SlotLedger.LeaseAnswer)
        case expiries([SlotLedger.Expiry])
        case counts([Int])
        case none

        static func granted(_ lease: UInt64) -> Answer { .claim(.granted(.number(lease))) }
        static func repeated(_ lease: UInt64) -> Answer { .claim(.repeated(.number(lease))) }
        static let full = Answer.claim(.full)
        static let lost = Answer.claim(.lost)
        static let tooManyUnregistered = Answer.claim(.tooManyUnregistered)
        static let accepted = Answer.lease(.accepted)
        static let leaseLost = Answer.lease(.leaseLost)
    }
}

extension LeaseID {
    static func number(_ number: UInt64) -> LeaseID {
        LeaseID(epoch: SlotLedgerStory.epoch, number: number)
    }
}

extension Instant {
    static func seconds(_ seconds: Int64) -> Instant {
        Instant(sinceStart: .seconds(seconds))
    }
}
