package import PoDCore
package import PoDRendezvous
package import PoDTickets

/// The master's decisions: who gets a slot, what is advertised, who is told what. No I/O, no clock.
package struct MasterMachine: Sendable {
    package struct Settings: Sendable {
        package var masterJobID: MasterJobID
        package var address: Address
        /// The key by which workers know the master.
        package var key: MasterKey?
        package var details: [MasterStatus.Detail]
        package var workers: Int
        package var ledgerLimits = SlotLedger.Limits()
        package var invitationLimits = InvitationControl.Limits()
        /// From a connection to its claim.
        package var claimTimeout: Duration = .seconds(10)
        /// Connections without a lease at one time; twice as many as workers are wanted, where that is more.
        package var mostUnclaimed = 256
        /// Which workers are reached by way of the master.
        package var forwarding = ForwardingRule(.never, authenticatesPeers: false)
        package var probeLimits = ProbeQueue.Limits()
        /// Lines of one connection that are not understood or out of place.
        package var mostMistakes = 100
        /// Who may take a slot.
        package var admission: WorkerAdmission

        package init(
            masterJobID: MasterJobID, address: Address, key: MasterKey? = nil, details: [MasterStatus.Detail] = [],
            workers: Int, admission: WorkerAdmission
        ) {
            self.masterJobID = masterJobID
            self.address = address
            self.key = key
            self.details = details
            self.workers = workers
            self.admission = admission
        }
    }

    /// Names a connection; never used twice.
    package typealias ConnectionID = UInt64

    package enum Output: Hashable, Sendable {
        case send(ControlMessage, to: ConnectionID)
        /// A claim got a lease: keep it in the journal. Comes before its ``tellTerms(_:_:to:)``.
        case granted(SlotLedger.Granted)
        /// A claim was answered with this lease: tell the claimant its terms, or call
        /// ``MasterMachine/refuse(_:_:reason:at:)``.
        case tellTerms(LeaseID, Claim, WorkerRoutes.Route, to: ConnectionID)
        /// See whether a worker can be reached, then call ``MasterMachine/probed(_:isMet:at:)``.
        case probe(ReachProbe, of: ConnectionID, within: Duration)
        /// Open a port for this lease's worker, then call ``MasterMachine/portOpened(_:contact:at:)`` or
        /// ``MasterMachine/portFailed(_:reason:at:)``. It must be the one that it had before the master was started again,
        /// where it had one.
        case openPort(LeaseID, of: KeyThumbprint, kept: UInt16?)
        /// A worker can't dial back: tell who waits for it.
        case dialFailed(StreamSecret, by: KeyThumbprint)
        /// A lease is over.
        case leaseOver(LeaseID)
        /// A worker failed, was lost or refused: its lease, its machine, why, and the last lines of its daemon's log.
        case failed(LeaseID, host: String, reason: String, log: [String])
        /// A worker answers what was asked with ``ControlMessage/logs(request:lines:)``.
        case log(LeaseID, request: UInt64, lines: [String])
        /// These workers are to leave: let the head daemon know, then call ``MasterMachine/leave(_:reason:)``.
        case retire([LeaseID], reason: String)
        /// A worker registered, or one that had is away or gone.
        case workersChanged
        case close(ConnectionID)
        /// For the log.
        case note(String)
        /// For the user: something of the master's own can't be done.
        case trouble(String)
    }

    struct Connection {
        let openedAt: Instant
        let key: KeyThumbprint
        let source: Address?
        var hasSaidHello = false
        var lease: LeaseID?
        /// What has a lease and waits for its terms.
        var claim: Claim?
        var mistakes = 0
    }

    /// What is known of a lease's worker.
    package struct Worker: Hashable, Sendable {
        package let host: String
        package let pid: Int32
        package internal(set) var registration: Registration?
        package internal(set) var health: WorkerHealth?
        /// Since when it is in its state.
        package internal(set) var since: Instant
        /// Why it is away; `nil` while it is not.
        package internal(set) var absence: String?
    }

    let settings: Settings
    var rules: MasterRules
    private var parameters: [Advertisement.Parameter] = []
    var connections: [ConnectionID: Connection] = [:]
    var connectionOfLease: [LeaseID: ConnectionID] = [:]
    var workers: [LeaseID: Worker] = [:]
    var routes: WorkerRoutes
    var probes: ProbeQueue
    var unclaimed = 0
    var phase = MasterStatus.Phase.running
    package var admission: WorkerAdmission
    /// What the advertisements are signed with; `nil` for a master that does not sign.
    package var ticket: SessionTicket?
    /// The time of the day, for tickets and what is signed: whoever drives the machine sets it before.
    package var date = NumericDate(secondsSince1970: 0)
    /// Why nothing is advertised; `nil` while all is well.
    private var silence: String?

    /// - Parameters:
    ///   - granted: What the journal of an earlier epoch says was granted.
    ///   - ports: Which of these were forwarded, by which ports: call ``openKeptPorts(_:)`` next.
    package init(
        _ settings: Settings, epoch: UInt64, restoring granted: [SlotLedger.Granted] = [],
        forwardedBy ports: [LeaseID: UInt16] = [:], at now: Instant
    ) {
        self.settings = settings
        self.admission = settings.admission
        self.routes = WorkerRoutes(settings.forwarding, restored: ports.keys)
        self.probes = ProbeQueue(limits: settings.probeLimits)
        self.rules = MasterRules(
            epoch: epoch, wanted: settings.workers, ledgerLimits: settings.ledgerLimits,
            invitationLimits: settings.invitationLimits, restoring: granted, at: now)
    }

    package var status: MasterStatus {
        MasterStatus(
            masterJobID: self.settings.masterJobID,
            order: AdvertisementOrder(epoch: self.rules.ledger.epoch, sequence: self.rules.invitations.sequence),
            parameters: self.parameters, phase: self.phase,
            workers: MasterStatus.Workers(
                wanted: self.rules.ledger.wanted, leased: self.rules.ledger.heldSlots,
                registered: self.rules.ledger.registeredWorkers),
            details: self.settings.details)
    }

    /// Whether the lease is one of this master's.
    package func knows(_ lease: LeaseID) -> Bool { self.rules.ledger[lease] != nil }

    /// What a connection's worker has; `nil` without a lease.
    package func lease(of id: ConnectionID) -> LeaseID? { self.connections[id]?.lease }

    /// What the workers keep busy, in processors.
    package var loads: [Double] { self.workers.values.compactMap { $0.health?.load } }

    /// All leases, the oldest first, and what is known of their workers.
    package var leases: [(lease: Lease, worker: Worker?, isLeaving: Bool)] {
        self.rules.ledger.all.map { ($0, self.workers[$0.id], self.rules.isLeaving($0.id)) }
    }

    /// A message for a lease's worker; nothing when it has no connection.
    package func tell(_ message: ControlMessage, _ lease: LeaseID) -> [Output] {
        self.connectionOfLease[lease].map { [.send(message, to: $0)] } ?? []
    }

    /// Whether no worker is left.
    package var isEmpty: Bool { self.connectionOfLease.isEmpty }

    // MARK: - Time

    /// Lets time pass: leases expire, advertisements become due.
    package mutating func tick(at now: Instant) -> [Output] {
        var outputs: [Output] = []
        for expiry in self.rules.expire(at: now) {
            switch expiry {
            case .away(let lease):
                self.workers[lease]?.since = now
                let silence = self.settings.ledgerLimits.silence.components.seconds
                self.workers[lease]?.absence = "it was silent for \(silence) s"
                outputs += [.note("worker \(lease): silent"), .workersChanged]
            case .slotFreed(let lease):
                let reason = self.lossReason(of: lease)
                outputs += [
                    .note("worker \(lease): lost, its slot is free: \(reason)"),
                    .failed(lease, host: self.workers[lease]?.host ?? "", reason: reason, log: []), .workersChanged,
                ]
            case .forgotten(let lease):
                self.workers.removeValue(forKey: lease)
                self.routes.forget(lease)
                outputs.append(.leaseOver(lease))
                if let id = self.connectionOfLease.removeValue(forKey: lease) {
                    outputs += [.send(.leaseLost, to: id), .close(id)]
                }
            }
        }
        for (id, connection) in self.connections
        where connection.lease == nil && now.duration(since: connection.openedAt) >= self.settings.claimTimeout {
            outputs += [.send(.error(reason: "no claim in time"), to: id), .close(id)]
        }
        for id in self.probes.giveUp(at: now) {
            outputs += self.decide(id, isMet: false, at: now)
        }
        return outputs + self.advertise(at: now)
    }

    private func lossReason(of lease: LeaseID) -> String {
        guard let worker = self.workers[lease] else {
            return "it did not come back after the master's restart"
        }
        return worker.absence
            ?? (worker.registration == nil ? "it did not register in time" : "it was told to leave, and did not")
    }

    private mutating func advertise(at now: Instant) -> [Output] {
        do {
            switch self.rules.step(at: now) {
            case .advertise(let order, let share): self.parameters = try self.advertisement(order, share: share)
            case .withdraw(let order): self.parameters = try self.withdrawal(order)
            case .silence: self.parameters = []
            case .wait: return []
            }
            self.silence = nil
            return []
        } catch {
            // A session that signs never says anything unsigned.
            self.parameters = []
            let trouble = "nothing is advertised: \(error)"
            guard trouble != self.silence else { return [] }
            self.silence = trouble
            return [.trouble(trouble)]
        }
    }

    private func advertisement(_ order: AdvertisementOrder, share: Double) throws -> [Advertisement.Parameter] {
        let free = max(1, self.rules.freeSlots)
        let wanted = min(free, self.ticket?.mostWorkers ?? free)
        let advertisement = try Advertisement(
            masterJobID: self.settings.masterJobID, address: self.settings.address, wanted: wanted, share: share,
            order: order, key: self.settings.key)
        guard let ticket else { return advertisement.parameters(secondsSince1970: nil) }
        if let expiry = self.ticketExpiry {
            throw ValueError("ticket", expiry)
        }
        return try ticket.parameters(AdvertisementContent(advertisement, issuedAt: self.date))
    }

    private func withdrawal(_ order: AdvertisementOrder) throws -> [Advertisement.Parameter] {
        guard let ticket else {
            return try Advertisement(
                masterJobID: self.settings.masterJobID, address: self.settings.address, wanted: 1, order: order
            ).withdrawalParameters()
        }
        return try ticket.parameters(
            AdvertisementContent(withdrawalOf: self.settings.masterJobID, order: order, issuedAt: self.date))
    }

    /// That the session's ticket has expired, in words; `nil` while it has not.
    var ticketExpiry: String? {
        self.ticket.flatMap { $0.hasExpired(at: self.date) ? "the session's ticket has expired" : nil }
    }

    /// These keys count no more: nobody gets a slot with them, and who has one by them loses it.
    package mutating func revoke(_ keys: RevokedKeys, at now: Instant) -> [Output] {
        self.admission.revoked = keys
        return self.rules.ledger.all.flatMap { lease -> [Output] in
            guard let key = self.key(of: lease.id), keys.contains(key) else { return [] }
            return self.refuse(lease.id, .forbidden, reason: "key \(key) is revoked", at: now)
        }
    }

    /// Whether to look whether the repository shows the last advertisement.
    package var wantsReadBack: Bool { self.rules.invitations.wantsReadBack }

    /// What the repository shows of this master's advertisements.
    package mutating func readBack(_ order: AdvertisementOrder?, at now: Instant) {
        self.rules.readBack(order, at: now)
    }

    /// Ends the session: every worker is told.
    package mutating func stop(reason: String, at now: Instant) -> [Output] {
        self.phase = .draining
        let leaving = self.rules.end(at: now)
        return self.advertise(at: now) + self.leave(leaving, reason: reason)
    }
}
