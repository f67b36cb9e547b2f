package import PoDCore
package import PoDRecipes
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

        package init(
            masterJobID: MasterJobID, address: Address, key: MasterKey? = nil, details: [MasterStatus.Detail] = [],
            workers: Int
        ) {
            self.masterJobID = masterJobID
            self.address = address
            self.key = key
            self.details = details
            self.workers = workers
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
    }

    private struct Connection {
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
        package fileprivate(set) var registration: Registration?
        package fileprivate(set) var health: WorkerHealth?
        /// Since when it is in its state.
        package fileprivate(set) var since: Instant
        /// Why it is away; `nil` while it is not.
        package fileprivate(set) var absence: String?
    }

    private let settings: Settings
    private var rules: MasterRules
    private var parameters: [Advertisement.Parameter] = []
    private var connections: [ConnectionID: Connection] = [:]
    private var connectionOfLease: [LeaseID: ConnectionID] = [:]
    private var workers: [LeaseID: Worker] = [:]
    private var routes: WorkerRoutes
    private var probes: ProbeQueue
    private var unclaimed = 0
    private var phase = MasterStatus.Phase.running

    /// - Parameters:
    ///   - granted: What the journal of an earlier epoch says was granted.
    ///   - ports: Which of these were forwarded, by which ports: call ``openKeptPorts(_:)`` next.
    package init(
        _ settings: Settings, epoch: UInt64, restoring granted: [SlotLedger.Granted] = [],
        forwardedBy ports: [LeaseID: UInt16] = [:], at now: Instant
    ) {
        self.settings = settings
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

    // MARK: - Connections

    /// A worker has connected.
    ///
    /// - Parameter source: Where from; `nil` when that is not known.
    package mutating func opened(
        _ id: ConnectionID, by key: KeyThumbprint, from source: Address? = nil, at now: Instant
    ) -> [Output] {
        // As many as are wanted may come at once.
        let mostUnclaimed = max(self.settings.mostUnclaimed, self.rules.ledger.wanted &* 2)
        guard self.phase == .running, self.unclaimed < mostUnclaimed else {
            return [.send(.refused(.tryLater, reason: "the master is busy"), to: id), .close(id)]
        }
        self.connections.updateValue(Connection(openedAt: now, key: key, source: source), forKey: id)
        self.unclaimed += 1
        return [.send(.hello(protocolName: ControlCodec.protocolName, version: Version.current), to: id)]
    }

    package mutating func closed(_ id: ConnectionID, at now: Instant) -> [Output] {
        guard let connection = self.connections.removeValue(forKey: id) else { return [] }
        self.probes.remove(id)
        guard let lease = connection.lease else {
            self.unclaimed -= 1
            return []
        }
        // A worker that came back on a new connection is not lost with its old one.
        guard self.connectionOfLease[lease] == id else { return [] }
        self.connectionOfLease.removeValue(forKey: lease)
        self.rules.disconnected(lease, at: now)
        self.workers[lease]?.since = now
        self.workers[lease]?.absence = "its connection was lost"
        return [.note("worker \(lease): connection lost"), .workersChanged]
    }

    package mutating func received(_ message: ControlMessage, from id: ConnectionID, at now: Instant) -> [Output] {
        guard let connection = self.connections[id] else { return [] }
        switch message {
        case .hello(let name, _):
            guard name == ControlCodec.protocolName else {
                let reason = "protocol \(ValueError.quoted(name)) is not \(ControlCodec.protocolName)"
                return [.send(.refused(.forbidden, reason: reason), to: id), .close(id)]
            }
            self.connections[id]?.hasSaidHello = true
            return []
        case .claim(let claim):
            guard connection.hasSaidHello, connection.lease == nil else {
                return [.send(.error(reason: "a claim comes once, after hello"), to: id), .close(id)]
            }
            return self.claimed(claim, from: id, by: connection.key, at: now)
        case .register(let lease, let registration) where lease == connection.lease:
            guard RegisteredWorker.isAccount(registration.account) else {
                let reason = "account: expected an account's name, found \(ValueError.quoted(registration.account))"
                return self.refuse(lease, .forbidden, reason: reason, at: now)
            }
            self.workers[lease]?.registration = registration
            self.workers[lease]?.since = now
            return self.answer(self.rules.register(lease, at: now), .registered, lease, to: id)
        case .heartbeat(let lease, let health) where lease == connection.lease:
            self.workers[lease]?.health = health
            return self.answer(self.rules.heartbeat(lease, at: now), .acknowledged, lease, to: id)
        case .leave(let lease, let reason) where lease == connection.lease:
            let leaving = self.rules.release([lease], at: now)
            self.markLeaving(leaving, at: now)
            return self.retire(leaving, reason: reason)
        case .bye(let lease, let code, let reason, let log) where lease == connection.lease:
            self.rules.bye(lease)
            self.routes.forget(lease)
            self.connectionOfLease.removeValue(forKey: lease)
            let host = self.workers.removeValue(forKey: lease)?.host ?? ""
            let failure = code == 0 ? [] : [Output.failed(lease, host: host, reason: reason, log: log)]
            return [.note("worker \(lease): ended: \(ValueError.quoted(reason))"), .leaseOver(lease)] + failure
                + [.close(id), .workersChanged]
        case .register, .heartbeat, .leave, .bye:
            return self.mistake(of: id, [.send(.leaseLost, to: id)])
        case .error(let reason):
            return self.mistake(of: id, [.note("a worker did not understand: \(ValueError.quoted(reason))")])
        case .log(let request, let lines):
            guard let lease = connection.lease else {
                return self.mistake(of: id, [.send(.error(reason: "nobody asked for a log"), to: id)])
            }
            return [.log(lease, request: request, lines: lines)]
        case .dialFailed(let secret):
            return [.dialFailed(secret, by: connection.key)]
        case .lease, .refused, .registered, .acknowledged, .leaseLost, .retire, .stop, .restart, .logs, .dial:
            return [.send(.error(reason: "only a master says this"), to: id), .close(id)]
        }
    }

    /// Something came that is no message.
    package mutating func received(unreadable problem: String, from id: ConnectionID) -> [Output] {
        self.mistake(of: id, [.send(.error(reason: problem), to: id)])
    }

    /// What is out of place is answered, but not without end: who says nothing else costs a processor and fills a log.
    private mutating func mistake(of id: ConnectionID, _ answer: [Output]) -> [Output] {
        guard var connection = self.connections[id], connection.mistakes < self.settings.mostMistakes else { return [] }
        connection.mistakes += 1
        self.connections[id] = connection
        guard connection.mistakes == self.settings.mostMistakes else { return answer }
        return answer + [.note("a connection is closed after \(connection.mistakes) mistakes"), .close(id)]
    }

    private mutating func claimed(
        _ claim: Claim, from id: ConnectionID, by key: KeyThumbprint, at now: Instant
    ) -> [Output] {
        guard claim.masterJobID == self.settings.masterJobID else {
            let reason = "this is master \(self.settings.masterJobID), not \(claim.masterJobID)"
            return [.send(.refused(.forbidden, reason: reason), to: id), .close(id)]
        }
        // Its holder is the key that it was claimed under: a claim id that was overheard is worth nothing.
        if let lease = self.rules.ledger.lease(of: claim.id), let holder = self.rules.ledger[lease]?.holder,
            holder != key.description
        {
            return [.send(.refused(.forbidden, reason: "the claim is another's"), to: id), .close(id)]
        }
        let lease: LeaseID
        var isNew = false
        var outputs: [Output] = []
        switch self.rules.claim(claim.id, holder: key.description, actingOn: claim.sequence, at: now) {
        case .granted(let granted):
            lease = granted
            isNew = true
            outputs += [
                .note("worker \(lease): leased to \(ValueError.quoted(claim.host)) pid \(claim.pid)"),
                .granted(SlotLedger.Granted(id: lease, claim: claim.id, holder: key.description)),
            ]
        case .repeated(let repeated):
            lease = repeated
            if let old = self.connectionOfLease[lease] {
                outputs.append(.close(old))
            }
        case .full:
            return [.send(.refused(.fullOrGone, reason: "every slot is taken"), to: id), .close(id)]
        case .lost:
            return [.send(.leaseLost, to: id), .close(id)]
        case .tooManyUnregistered:
            return [.send(.refused(.tryLater, reason: "too many workers are starting"), to: id), .close(id)]
        }
        self.workers[lease, default: Worker(host: claim.host, pid: claim.pid, since: now)].since = now
        self.workers[lease]?.absence = nil
        self.connections[id]?.lease = lease
        self.connections[id]?.claim = claim
        self.connectionOfLease.updateValue(id, forKey: lease)
        self.unclaimed -= 1
        let source = self.connections[id]?.source
        let step = self.routes.claimed(lease, isNew: isNew, reach: claim.reach, from: source)
        return outputs + self.perform(step, for: lease, at: now)
    }

    /// A lease can't be had after all.
    ///
    /// - Parameter detail: More of the reason, for the user alone.
    package mutating func refuse(
        _ lease: LeaseID, _ refusal: RefusalReason, reason: String, detail: String? = nil, at now: Instant
    ) -> [Output] {
        let wasRegistered = self.rules.ledger[lease]?.isRegistered == true
        self.rules.bye(lease)
        self.routes.forget(lease)
        let host = self.workers.removeValue(forKey: lease)?.host ?? ""
        let outputs =
            [
                Output.leaseOver(lease), .note("worker \(lease): refused: \(reason)"),
                .failed(lease, host: host, reason: reason + (detail.map { ": \($0)" } ?? ""), log: []),
            ] + (wasRegistered ? [.workersChanged] : [])
        guard let id = self.connectionOfLease.removeValue(forKey: lease) else { return outputs }
        self.connections[id]?.lease = nil
        self.connections[id]?.claim = nil
        self.unclaimed += 1
        // What was refused as it came was never looked for.
        self.probes.remove(id)
        self.probes.finished(id)
        return outputs + [.send(.refused(refusal, reason: reason), to: id), .close(id)]
    }

    // MARK: - Routes

    /// Opens the ports of leases that were forwarded before the master was started again: others go on to know these
    /// workers by them.
    package func openKeptPorts(_ ports: [LeaseID: UInt16]) -> [Output] {
        ports.sorted { $0.key < $1.key }.compactMap { lease, port in
            self.key(of: lease).map { .openPort(lease, of: $0, kept: port) }
        }
    }

    /// It was tried whether a worker can be reached.
    package mutating func probed(_ id: ConnectionID, isMet: Bool, at now: Instant) -> [Output] {
        self.probes.finished(id)
        return self.decide(id, isMet: isMet, at: now) + self.startProbes()
    }

    /// A lease's port is there.
    package mutating func portOpened(_ lease: LeaseID, contact: Address, at now: Instant) -> [Output] {
        guard self.knows(lease) else { return [] }
        return [.note("worker \(lease): forwarded at \(contact)")]
            + self.perform(self.routes.opened(lease, at: contact), for: lease, at: now)
    }

    /// A lease's port can't be had, and so its worker is of no use.
    package mutating func portFailed(_ lease: LeaseID, reason: String, at now: Instant) -> [Output] {
        self.knows(lease) ? self.refuse(lease, .tryLater, reason: reason, at: now) : []
    }

    /// Whether a lease's worker is reached by way of the master.
    package func isForwarded(_ lease: LeaseID) -> Bool { self.routes[lease]?.contact != nil }

    /// The key of a lease's worker.
    private func key(of lease: LeaseID) -> KeyThumbprint? {
        self.rules.ledger[lease]?.holder.flatMap { try? KeyThumbprint(parsing: $0) }
    }

    private mutating func decide(_ id: ConnectionID, isMet: Bool, at now: Instant) -> [Output] {
        // Its worker may be gone meanwhile, or have come back on another connection.
        guard let lease = self.connections[id]?.lease, self.connectionOfLease[lease] == id, self.knows(lease) else {
            return []
        }
        return self.perform(self.routes.probed(lease, isMet: isMet), for: lease, at: now)
    }

    private mutating func perform(_ step: WorkerRoutes.Step, for lease: LeaseID, at now: Instant) -> [Output] {
        let id = self.connectionOfLease[lease]
        switch step {
        case .wait:
            return []
        case .openPort:
            return self.key(of: lease).map { [.openPort(lease, of: $0, kept: nil)] } ?? []
        case .probe(let address):
            guard let id, let nonce = self.connections[id]?.claim?.reach?.nonce else { return [] }
            self.probes.add(ReachProbe(address: address, nonce: nonce), of: id, at: now)
            return self.startProbes()
        case .tell(let route):
            guard let id, let claim = self.connections[id]?.claim else { return [] }
            self.connections[id]?.claim = nil
            let terms = Output.tellTerms(lease, claim, route, to: id)
            return self.rules.isLeaving(lease)
                ? [terms, .send(.stop(reason: Self.leavingReason), to: id)] : [terms]
        }
    }

    private mutating func startProbes() -> [Output] {
        self.probes.start().map { .probe($0.probe, of: $0.id, within: self.settings.probeLimits.time) }
    }

    private mutating func answer(
        _ answer: SlotLedger.LeaseAnswer, _ message: ControlMessage, _ lease: LeaseID, to id: ConnectionID
    ) -> [Output] {
        guard answer == .accepted else {
            return self.mistake(of: id, [.send(.leaseLost, to: id)])
        }
        let wasAway = self.workers[lease]?.absence != nil
        self.workers[lease]?.absence = nil
        if message == .registered {
            return [.send(message, to: id), .note("worker \(lease): registered"), .workersChanged]
        }
        return [.send(message, to: id)] + (wasAway ? [.workersChanged] : [])
    }

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
        self.advertise(at: now)
        return outputs
    }

    private func lossReason(of lease: LeaseID) -> String {
        guard let worker = self.workers[lease] else {
            return "it did not come back after the master's restart"
        }
        return worker.absence
            ?? (worker.registration == nil ? "it did not register in time" : "it was told to leave, and did not")
    }

    private mutating func advertise(at now: Instant) {
        switch self.rules.step(at: now) {
        case .advertise(let order, let share):
            self.parameters = self.advertisement(order, share: share)?.parameters(secondsSince1970: nil) ?? []
        case .withdraw(let order):
            self.parameters = self.advertisement(order)?.withdrawalParameters() ?? []
        case .silence:
            self.parameters = []
        case .wait:
            break
        }
    }

    private func advertisement(_ order: AdvertisementOrder, share: Double? = nil) -> Advertisement? {
        try? Advertisement(
            masterJobID: self.settings.masterJobID, address: self.settings.address,
            wanted: max(1, self.rules.freeSlots), share: share, order: order, key: self.settings.key)
    }

    /// Whether to look whether the repository shows the last advertisement.
    package var wantsReadBack: Bool { self.rules.invitations.wantsReadBack }

    /// What the repository shows of this master's advertisements.
    package mutating func readBack(_ order: AdvertisementOrder?, at now: Instant) {
        self.rules.readBack(order, at: now)
    }

    // MARK: - The user

    private static let leavingReason = "fewer workers are wanted"

    /// So many workers are wanted from now on.
    ///
    /// - Returns: Who is to leave, and what to do.
    package mutating func want(_ workers: Int, at now: Instant) -> (leaving: [LeaseID], outputs: [Output]) {
        let leaving = self.rules.want(workers, at: now)
        self.markLeaving(leaving, at: now)
        return (leaving, self.retire(leaving, reason: Self.leavingReason))
    }

    /// These workers are to leave.
    ///
    /// - Parameter finishing: Whether they may hand over first what they hold.
    package mutating func release(
        _ leases: [LeaseID], finishing: Bool, at now: Instant
    ) -> (leaving: [LeaseID], outputs: [Output]) {
        let leaving = self.rules.release(leases, at: now)
        self.markLeaving(leaving, at: now)
        let reason = "the user wants it to end"
        return (leaving, finishing ? self.retire(leaving, reason: reason) : self.leave(leaving, reason: reason))
    }

    /// Workers know before that a daemon that ends now was taken over: it is not to be started again.
    private func retire(_ leases: [LeaseID], reason: String) -> [Output] {
        leases.isEmpty
            ? [] : leases.flatMap { self.tell(.retire(reason: reason), $0) } + [.retire(leases, reason: reason)]
    }

    private mutating func markLeaving(_ leases: [LeaseID], at now: Instant) {
        for lease in leases {
            self.workers[lease]?.since = now
        }
    }

    /// A message for a lease's worker; nothing when it has no connection.
    package func tell(_ message: ControlMessage, _ lease: LeaseID) -> [Output] {
        self.connectionOfLease[lease].map { [.send(message, to: $0)] } ?? []
    }

    /// What the workers keep busy, in processors.
    package var loads: [Double] { self.workers.values.compactMap { $0.health?.load } }

    /// All leases, the oldest first, and what is known of their workers.
    package var leases: [(lease: Lease, worker: Worker?, isLeaving: Bool)] {
        self.rules.ledger.all.map { ($0, self.workers[$0.id], self.rules.isLeaving($0.id)) }
    }

    /// Whether the lease is one of this master's.
    package func knows(_ lease: LeaseID) -> Bool { self.rules.ledger[lease] != nil }

    /// Tells workers to leave.
    package func leave(_ leases: [LeaseID], reason: String) -> [Output] {
        leases.compactMap { lease in
            self.connectionOfLease[lease].map { .send(.stop(reason: reason), to: $0) }
        }
    }

    /// Ends the session: every worker is told.
    package mutating func stop(reason: String, at now: Instant) -> [Output] {
        self.phase = .draining
        let leaving = self.rules.end(at: now)
        self.advertise(at: now)
        return self.leave(leaving, reason: reason)
    }

    /// The workers whose daemons the head daemon can reach, the oldest lease first. Who says that it runs under an account
    /// of no account's name is left out.
    package var registered: [RegisteredWorker] {
        self.rules.ledger.all.filter(\.isRegistered).compactMap { lease in
            guard let registration = self.workers[lease.id]?.registration else { return nil }
            return try? RegisteredWorker(
                user: registration.account, route: self.route(of: lease.id, registration))
        }
    }

    private func route(of lease: LeaseID, _ registration: Registration) -> RegisteredWorker.Route {
        guard let contact = self.routes[lease]?.contact else {
            return .direct(registration.contact)
        }
        let source = self.connectionOfLease[lease].flatMap { self.connections[$0]?.source }
        return .forwarded(port: contact.port, peer: source ?? contact)
    }

    /// Whether no worker is left.
    package var isEmpty: Bool { self.connectionOfLease.isEmpty }
}
