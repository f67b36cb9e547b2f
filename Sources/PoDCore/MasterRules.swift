/// What a master decides in its session: who gets a slot, who has to leave, what is advertised and when.
///
/// Puts the ``SlotLedger`` and the ``InvitationControl`` together: every claim is told to both, and the free slots of
/// the one are what the other invites for. The wishes of the user come in while it runs.
///
/// Rules, and why:
/// - More workers wanted: the new slots are free at once, and advertised at once.
/// - Fewer wanted: no grant until leases are below what is wanted, and the surplus leaves: first who has no daemon yet,
///   then who is away, then the youngest, which have done the least.
/// - Who was told to leave and has not within ``leavingTime`` loses its lease.
/// - The end of the session: nothing is wanted any more, everybody leaves.
///
/// Invariants: leases that are not leaving ≤ wanted, from ``want(_:at:)`` on; nobody is chosen to leave twice; once
/// ended, nothing is granted or advertised.
public struct MasterRules: Sendable {
    /// From the word that a worker shall leave to the end of its lease.
    public static let leavingTime: Duration = .seconds(60)
    /// Claimants remembered as counted since the last advertisement; beyond that each counts.
    static let mostCounted = 10_000

    public private(set) var ledger: SlotLedger
    public private(set) var invitations: InvitationControl
    public private(set) var isEnding = false

    /// Who was told to leave, and until when it may take.
    private var leaving: [LeaseID: Instant] = [:]
    /// Who claimed in vain since the last advertisement, so that asking again counts once.
    private var counted: Set<ClaimID> = []

    public init(
        epoch: UInt64, wanted: Int, ledgerLimits: SlotLedger.Limits = SlotLedger.Limits(),
        invitationLimits: InvitationControl.Limits = InvitationControl.Limits()
    ) {
        self.init(SlotLedger(epoch: epoch, wanted: wanted, limits: ledgerLimits), invitationLimits)
    }

    /// The rules of a master that was started again.
    ///
    /// - Parameter granted: What its journal says it had granted; see ``SlotLedger/init(epoch:wanted:limits:restoring:at:)``.
    public init(
        epoch: UInt64, wanted: Int, ledgerLimits: SlotLedger.Limits = SlotLedger.Limits(),
        invitationLimits: InvitationControl.Limits = InvitationControl.Limits(),
        restoring granted: [SlotLedger.Granted], at now: Instant
    ) {
        self.init(
            SlotLedger(epoch: epoch, wanted: wanted, limits: ledgerLimits, restoring: granted, at: now),
            invitationLimits)
        // Who is too many learns it on coming back.
        _ = self.want(wanted, at: now)
    }

    private init(_ ledger: SlotLedger, _ invitationLimits: InvitationControl.Limits) {
        self.ledger = ledger
        self.invitations = InvitationControl(epoch: ledger.epoch, limits: invitationLimits)
    }

    /// Slots that a claim can have now.
    public var freeSlots: Int { self.isEnding ? 0 : self.ledger.freeSlots }

    // MARK: - Workers

    /// Somebody asks for a slot.
    ///
    /// - Parameters:
    ///   - holder: Whose ticket it is; `nil` without one.
    ///   - limits: What that holder may have.
    ///   - order: The advertisement that brought the claimant; `nil` when it does not say.
    public mutating func claim(
        _ claim: ClaimID, holder: String? = nil, limits: SlotLedger.HolderLimits = SlotLedger.HolderLimits(),
        actingOn order: AdvertisementOrder?, at now: Instant
    ) -> SlotLedger.ClaimAnswer {
        let answer = self.ledger.claim(claim, holder: holder, limits: limits, at: now)
        switch answer {
        case .granted:
            self.invitations.claimed(on: order, at: now)
        case .full, .tooManyUnregistered, .tooManyOfHolder:
            guard self.counted.count >= Self.mostCounted || self.counted.insert(claim).inserted else { break }
            self.invitations.claimed(on: order, at: now)
        case .repeated, .lost:
            break
        }
        return answer
    }

    public mutating func register(_ id: LeaseID, at now: Instant) -> SlotLedger.LeaseAnswer {
        self.ledger.register(id, at: now)
    }

    public mutating func heartbeat(_ id: LeaseID, at now: Instant) -> SlotLedger.LeaseAnswer {
        self.ledger.heartbeat(id, at: now)
    }

    public mutating func disconnected(_ id: LeaseID, at now: Instant) {
        self.ledger.disconnected(id, at: now)
    }

    public mutating func bye(_ id: LeaseID) {
        self.leaving.removeValue(forKey: id)
        self.ledger.bye(id)
    }

    /// Whether a worker was told to leave: it is to be told again after a connection that was lost.
    public func isLeaving(_ id: LeaseID) -> Bool { self.leaving[id] != nil }

    // MARK: - The user

    /// The user wants so many workers from now on.
    ///
    /// - Returns: Who is to be told to leave, in that order; nobody twice.
    public mutating func want(_ workers: Int, at now: Instant) -> [LeaseID] {
        guard !self.isEnding else { return [] }
        self.ledger.wanted = workers
        let staying = self.ledger.all.filter { $0.holdsSlot && self.leaving[$0.id] == nil }
        let surplus = max(0, staying.count &- self.ledger.wanted)
        let chosen = staying.sorted(by: Self.leavesFirst).prefix(surplus).map(\.id)
        self.tellToLeave(chosen, at: now)
        return chosen
    }

    /// The user wants these workers to leave, whoever comes in their place.
    ///
    /// - Returns: Who is to be told, in that order: those of them that hold a slot and were not told before.
    public mutating func release(_ leases: [LeaseID], at now: Instant) -> [LeaseID] {
        let chosen = Set(leases).filter { self.ledger[$0]?.holdsSlot == true && self.leaving[$0] == nil }.sorted()
        self.tellToLeave(chosen, at: now)
        return chosen
    }

    /// The session ends: the user's wish, a signal, or the end of the master's time.
    ///
    /// - Returns: Who is to be told to leave; the second time nobody.
    public mutating func end(at now: Instant) -> [LeaseID] {
        let chosen = self.want(0, at: now)
        self.isEnding = true
        return chosen
    }

    private mutating func tellToLeave(_ leases: [LeaseID], at now: Instant) {
        let until = now.advanced(by: Self.leavingTime)
        for id in leases {
            self.leaving.updateValue(until, forKey: id)
        }
    }

    private static func leavesFirst(_ one: Lease, _ other: Lease) -> Bool {
        let ranks = (self.rank(one), self.rank(other))
        return ranks.0 == ranks.1 ? one.id > other.id : ranks.0 < ranks.1
    }

    private static func rank(_ lease: Lease) -> Int {
        switch lease.state {
        case .granted: 0
        case .away, .lapsed: 1
        case .registered: 2
        }
    }

    // MARK: - Time

    /// The repository shows the master this advertisement of its own; `nil` when it shows none.
    public mutating func readBack(_ order: AdvertisementOrder?, at now: Instant) {
        self.invitations.readBack(order, at: now)
    }

    /// Moves leases on whose time has come.
    public mutating func expire(at now: Instant) -> [SlotLedger.Expiry] {
        var expiries = self.ledger.expire(at: now)
        for id in self.leaving.filter({ $0.value <= now }).keys.sorted() {
            if self.ledger[id]?.holdsSlot == true {
                expiries.append(.slotFreed(id))
            }
            if self.ledger[id] != nil {
                expiries.append(.forgotten(id))
            }
            self.ledger.bye(id)
        }
        for case .forgotten(let id) in expiries {
            self.leaving.removeValue(forKey: id)
        }
        return expiries
    }

    /// What is to be published now, and when to ask again.
    public mutating func step(at now: Instant) -> InvitationControl.Step {
        let step = self.invitations.step(freeSlots: self.freeSlots, at: now)
        if case .advertise = step {
            self.counted.removeAll(keepingCapacity: true)
        }
        return step
    }

    /// ``expire(at:)`` has nothing to do before; `nil` when nothing is leased.
    public var nextDeadline: Instant? {
        [self.ledger.nextDeadline, self.leaving.values.min()].compactMap { $0 }.min()
    }
}
