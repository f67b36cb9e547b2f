import PoDCore

/// When a master of the original design advertises: to everyone, without a `Share`.
///
/// While slots are free: at once when that becomes so, then every publish period. When every slot is held: a
/// withdrawal, ``withdrawals`` times over a few seconds because a datagram may be lost, then silence. When a slot is
/// free again, from the start.
struct PublishSchedule: Hashable, Sendable {
    /// How often a withdrawal is sent.
    static let withdrawals = 3
    /// Between two withdrawals.
    static let withdrawalInterval: Duration = .seconds(2)

    let period: Duration
    private var isAdvertising = false
    private var withdrawalsLeft = 0
    private var nextDue: Instant?

    enum Step: Hashable, Sendable {
        case advertise
        case withdraw
        case wait(until: Instant)
        /// Nothing to send until the number of free slots changes.
        case silence
    }

    init(period: Duration) {
        self.period = max(period, .milliseconds(100))
    }

    /// What to do at `now`, with so many free slots.
    mutating func step(freeSlots: Int, at now: Instant) -> Step {
        if freeSlots > 0, !self.isAdvertising {
            self.isAdvertising = true
            self.nextDue = now
        } else if freeSlots <= 0, self.isAdvertising {
            self.isAdvertising = false
            self.withdrawalsLeft = Self.withdrawals
            self.nextDue = now
        }
        guard let due = self.nextDue else {
            return .silence
        }
        guard now >= due else {
            return .wait(until: due)
        }
        if self.isAdvertising {
            self.nextDue = now.advanced(by: self.period)
            return .advertise
        }
        guard self.withdrawalsLeft > 0 else {
            self.nextDue = nil
            return .silence
        }
        self.withdrawalsLeft &-= 1
        self.nextDue = now.advanced(by: Self.withdrawalInterval)
        return .withdraw
    }
}
