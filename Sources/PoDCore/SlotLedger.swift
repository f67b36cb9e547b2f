/// The master's book of slots: who holds a lease, who lost it, how many are free.
///
/// Rules, and why:
/// - **No grant while leases ≥ workers wanted, ever.** That is what keeps 100,000 watchers of one advertisement from
///   starting more workers than the user asked for.
/// - **One claim, one lease.** A claim that is repeated, because its answer was lost or a message was doubled, gets the
///   lease it already has.
/// - **A lease id is never reused**, and leases of an earlier epoch are refused unless they were restored: a worker of a
///   past life of this master can't take a slot that was given to another.
/// - A lease that nobody registers within ``Limits/registration`` of its grant returns, however often its claimant
///   goes and comes; so does the slot of a worker that has been away for ``Limits/grace``. The worker may come back
///   until ``Limits/resumption``, **if a slot is free**; who was told that the lease is lost has ended its daemon, so
///   that lease never comes back.
/// - A claim is refused while max(4, 5 % of the slots) leases of its ticket have never been registered, or as many as the
///   caller says: a holder who claims and never comes can't keep all others out.
/// - A ticket that is for so many workers has no more leases with a slot, in whatever state.
///
/// Invariants: held slots = granted + registered + away; grants and resumptions happen only while held slots < wanted.
public struct SlotLedger: Sendable {
    public struct Limits: Hashable, Sendable {
        /// From the grant to the registration.
        public var registration: Duration = .seconds(120)
        /// Without a heartbeat, until a worker counts as away.
        public var silence: Duration = .seconds(45)
        /// Away, until the slot is free for another.
        public var grace: Duration = .seconds(10)
        /// Away, until the lease is forgotten.
        public var resumption: Duration = .seconds(120)
        /// From the master's restart, until the slots of leases that were restored are free for others.
        public var restart: Duration = .seconds(60)

        public init() {}
    }

    public enum ClaimAnswer: Hashable, Sendable {
        case granted(LeaseID)
        /// This claim already has this lease.
        case repeated(LeaseID)
        /// Every slot is held.
        case full
        /// The claim's lease lapsed, and its slot is somebody else's now.
        case lost
        /// Too many leases of this holder wait for their registration.
        case tooManyUnregistered
        /// This holder has as many as its ticket is for.
        case tooManyOfHolder
    }

    /// What a holder may have.
    public struct HolderLimits: Hashable, Sendable {
        /// Leases with a slot; `nil` for any number.
        public var leases: Int?
        /// Leases that were never registered; `nil` for max(4, 5 % of the slots).
        public var unregistered: Int?

        public init(leases: Int? = nil, unregistered: Int? = nil) {
            self.leases = leases
            self.unregistered = unregistered
        }
    }

    public enum LeaseAnswer: Hashable, Sendable {
        case accepted
        /// The lease is unknown, of another epoch, or lapsed with no slot free: the worker must end its daemon.
        case leaseLost
    }

    /// What became of a lease without its worker's word; ``expire(at:)`` tells each once, those of a lease in this
    /// order, and nothing of a worker that has come back meanwhile or said goodbye.
    public enum Expiry: Hashable, Sendable {
        /// No heartbeat for ``Limits/silence``.
        case away(LeaseID)
        /// The slot is free again, and the worker has to leave the head daemon.
        case slotFreed(LeaseID)
        /// It can't come back any more.
        case forgotten(LeaseID)
    }

    public let epoch: UInt64
    public let limits: Limits
    /// How many workers the user wants, 0 or more. Lowering it takes no lease away.
    public var wanted: Int {
        didSet { self.wanted = max(0, self.wanted) }
    }

    private var leases: [LeaseID: Lease] = [:]
    private var leaseOfClaim: [ClaimID: LeaseID] = [:]
    private var nextNumber: UInt64 = 1
    /// Slots held by leases, kept beside them so that a claim costs the same with ten workers and ten thousand.
    public private(set) var heldSlots = 0
    /// Leases with a running worker.
    public private(set) var registeredWorkers = 0
    /// Leases that never were registered, with a slot or lapsed.
    private var unregisteredOfHolder: [String: Int] = [:]
    private var slotsOfHolder: [String: Int] = [:]
    /// No lease has a deadline before this. A heartbeat moves its lease's deadline on but not this bound, so that
    /// looking through all leases is needed a few times a minute at most.
    private var earliestDeadline: Instant?
    private var untoldExpiries: [LeaseID: [Expiry]] = [:]

    public init(epoch: UInt64, wanted: Int, limits: Limits = Limits()) {
        self.epoch = epoch
        self.wanted = max(0, wanted)
        self.limits = limits
    }

    /// A lease that a master of an earlier epoch gave, as its journal tells.
    public struct Granted: Hashable, Sendable {
        public let id: LeaseID
        public let claim: ClaimID
        public let holder: String?

        public init(id: LeaseID, claim: ClaimID, holder: String?) {
            self.id = id
            self.claim = claim
            self.holder = holder
        }

        public init(_ lease: Lease) {
            self.init(id: lease.id, claim: lease.claim, holder: lease.holder)
        }
    }

    /// The book of a master that was started again: what it had granted is away, with its slots held for
    /// ``Limits/restart``, so that its workers find them when they come back.
    ///
    /// - Parameter granted: Leases of earlier epochs; others, and a claim's second one, are left out.
    public init(
        epoch: UInt64, wanted: Int, limits: Limits = Limits(), restoring granted: [Granted], at now: Instant
    ) {
        self.init(epoch: epoch, wanted: wanted, limits: limits)
        // Nobody knows whether its daemon is ready: it registers again.
        let state = Lease.State.away(
            heldUntil: now.advanced(by: limits.restart),
            resumableUntil: now.advanced(by: max(limits.restart, limits.resumption)),
            registerBefore: now.advanced(by: limits.restart).advanced(by: limits.registration))
        for one in granted where one.id.epoch < epoch && self.leaseOfClaim[one.claim] == nil {
            self.set(Lease(id: one.id, claim: one.claim, holder: one.holder, state: state))
            self.leaseOfClaim.updateValue(one.id, forKey: one.claim)
        }
    }

    /// Slots that a claim can have: what an advertisement calls `Wanted`.
    public var freeSlots: Int { max(0, self.wanted &- self.heldSlots) }

    /// Leases beyond what is wanted now, after the user asked for fewer.
    public var surplus: Int { max(0, self.heldSlots &- self.wanted) }

    /// All leases, the oldest first.
    public var all: [Lease] { self.leases.values.sorted { $0.id < $1.id } }

    /// The lease that a claim has.
    public func lease(of claim: ClaimID) -> LeaseID? { self.leaseOfClaim[claim] }

    /// Whether a holder has a slot.
    public func hasSlot(holder: String) -> Bool { self.slotsOfHolder[holder] != nil }

    public subscript(id: LeaseID) -> Lease? { self.leases[id] }

    /// Somebody asks for a slot.
    ///
    /// - Parameters:
    ///   - holder: Whose ticket it is; `nil` without one.
    ///   - limits: What that holder may have.
    public mutating func claim(
        _ claim: ClaimID, holder: String? = nil, limits: HolderLimits = HolderLimits(), at now: Instant
    ) -> ClaimAnswer {
        self.moveOn(at: now)
        if let id = self.leaseOfClaim[claim] {
            return self.heard(from: id, registers: false, at: now) == .accepted ? .repeated(id) : .lost
        }
        guard self.freeSlots > 0 else {
            return .full
        }
        if let holder {
            if let most = limits.leases, self.slotsOfHolder[holder, default: 0] >= most {
                return .tooManyOfHolder
            }
            let most = limits.unregistered ?? max(4, self.wanted / 20)
            guard self.unregisteredOfHolder[holder, default: 0] < most else {
                return .tooManyUnregistered
            }
        }
        let id = LeaseID(epoch: self.epoch, number: self.nextNumber)
        self.nextNumber &+= 1
        let state = Lease.State.granted(registerBefore: now.advanced(by: self.limits.registration))
        self.set(Lease(id: id, claim: claim, holder: holder, state: state))
        self.leaseOfClaim.updateValue(id, forKey: claim)
        return .granted(id)
    }

    /// The worker's daemon is ready.
    public mutating func register(_ id: LeaseID, at now: Instant) -> LeaseAnswer {
        self.heard(from: id, registers: true, at: now)
    }

    /// A sign of life.
    public mutating func heartbeat(_ id: LeaseID, at now: Instant) -> LeaseAnswer {
        self.heard(from: id, registers: false, at: now)
    }

    /// A worker is back on a new connection.
    public mutating func resume(_ id: LeaseID, at now: Instant) -> LeaseAnswer {
        self.heard(from: id, registers: false, at: now)
    }

    /// The connection of a lease ended without a word.
    public mutating func disconnected(_ id: LeaseID, at now: Instant) {
        // What is overdue comes first: a late word does not give a lease more time.
        self.moveOn(at: now)
        guard var lease = self.leases[id] else { return }
        switch lease.state {
        case .granted, .registered:
            lease.state = self.away(since: now, registerBefore: lease.registerBefore)
            self.set(lease)
        case .away, .lapsed:
            break
        }
    }

    /// The worker ends of its own will: its slot is free at once, and its lease is over.
    public mutating func bye(_ id: LeaseID) {
        self.untoldExpiries.removeValue(forKey: id)
        self.remove(id)
    }

    /// Moves leases on whose time has come. Call it at ``nextDeadline`` or later; calling it late or often changes
    /// nothing but when the slots are free.
    public mutating func expire(at now: Instant) -> [Expiry] {
        self.moveOn(at: now)
        defer { self.untoldExpiries = [:] }
        return self.untoldExpiries.sorted { $0.key < $1.key }.flatMap { $0.value }
    }

    /// ``expire(at:)`` has nothing to do before; `nil` when nothing is leased.
    public var nextDeadline: Instant? {
        self.untoldExpiries.isEmpty ? self.earliestDeadline : .start
    }

    private func deadline(of lease: Lease) -> Instant {
        switch lease.state {
        case .granted(let registerBefore): registerBefore
        case .registered(let lastHeard): lastHeard.advanced(by: self.limits.silence)
        case .away(let heldUntil, _, _): heldUntil
        case .lapsed(let resumableUntil, _): resumableUntil
        }
    }

    private func away(since: Instant, registerBefore: Instant?) -> Lease.State {
        let heldUntil = since.advanced(by: self.limits.grace)
        let resumableUntil = since.advanced(by: self.limits.resumption)
        guard let registerBefore else {
            return .away(heldUntil: heldUntil, resumableUntil: resumableUntil, registerBefore: nil)
        }
        return .away(
            heldUntil: min(heldUntil, registerBefore), resumableUntil: min(resumableUntil, registerBefore),
            registerBefore: registerBefore)
    }

    private mutating func heard(from id: LeaseID, registers: Bool, at now: Instant) -> LeaseAnswer {
        self.moveOn(at: now)
        guard var lease = self.leases[id] else {
            return .leaseLost
        }
        switch lease.state {
        case .granted, .registered:
            break
        case .away:
            self.untoldExpiries.removeValue(forKey: id)
        case .lapsed:
            guard self.freeSlots > 0 else {
                self.tell(.forgotten(id), of: id)
                self.remove(id)
                return .leaseLost
            }
            self.untoldExpiries.removeValue(forKey: id)
        }
        if let registerBefore = lease.registerBefore, !registers {
            lease.state = .granted(registerBefore: registerBefore)
        } else {
            lease.state = .registered(lastHeard: now)
        }
        self.set(lease)
        return .accepted
    }

    private mutating func moveOn(at now: Instant) {
        guard let earliestDeadline, earliestDeadline <= now else { return }
        for lease in self.leases.values.filter({ self.deadline(of: $0) <= now }).sorted(by: { $0.id < $1.id }) {
            self.moveOn(lease, at: now)
        }
        self.earliestDeadline = self.leases.values.map { self.deadline(of: $0) }.min()
    }

    /// A call that comes late carries a lease over several deadlines at once.
    private mutating func moveOn(_ lease: Lease, at now: Instant) {
        var lease = lease
        while self.deadline(of: lease) <= now {
            switch lease.state {
            case .granted:
                self.tell(.slotFreed(lease.id), of: lease.id)
                self.tell(.forgotten(lease.id), of: lease.id)
                return self.remove(lease.id)
            case .registered(let lastHeard):
                self.tell(.away(lease.id), of: lease.id)
                lease.state = self.away(since: lastHeard.advanced(by: self.limits.silence), registerBefore: nil)
            case .away(_, let resumableUntil, let registerBefore):
                self.tell(.slotFreed(lease.id), of: lease.id)
                lease.state = .lapsed(resumableUntil: resumableUntil, registerBefore: registerBefore)
            case .lapsed:
                self.tell(.forgotten(lease.id), of: lease.id)
                return self.remove(lease.id)
            }
            self.set(lease)
        }
    }

    private mutating func tell(_ expiry: Expiry, of id: LeaseID) {
        self.untoldExpiries.updateValue((self.untoldExpiries[id] ?? []) + [expiry], forKey: id)
    }

    private mutating func set(_ lease: Lease) {
        self.count(self.leases[lease.id], by: -1)
        self.leases.updateValue(lease, forKey: lease.id)
        self.count(lease, by: 1)
        let deadline = self.deadline(of: lease)
        self.earliestDeadline = min(self.earliestDeadline ?? deadline, deadline)
    }

    private mutating func remove(_ id: LeaseID) {
        guard let lease = self.leases.removeValue(forKey: id) else { return }
        self.count(lease, by: -1)
        self.leaseOfClaim.removeValue(forKey: lease.claim)
        if self.leases.isEmpty {
            self.earliestDeadline = nil
        }
    }

    private mutating func count(_ lease: Lease?, by change: Int) {
        guard let lease else { return }
        self.heldSlots &+= lease.holdsSlot ? change : 0
        self.registeredWorkers &+= lease.isRegistered ? change : 0
        guard let holder = lease.holder else { return }
        if lease.holdsSlot {
            Self.count(holder, in: &self.slotsOfHolder, by: change)
        }
        if lease.registerBefore != nil {
            Self.count(holder, in: &self.unregisteredOfHolder, by: change)
        }
    }

    private static func count(_ holder: String, in counts: inout [String: Int], by change: Int) {
        let left = counts[holder, default: 0] &+ change
        if left > 0 {
            counts.updateValue(left, forKey: holder)
        } else {
            counts.removeValue(forKey: holder)
        }
    }
}
