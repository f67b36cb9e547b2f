package import PoDCore
package import PoDRecipes
import PoDTickets

/// How the workers' daemons are reached: directly, or by ports of the master's.
extension MasterMachine {
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
    func key(of lease: LeaseID) -> KeyThumbprint? {
        self.rules.ledger[lease]?.holder.flatMap { try? KeyThumbprint(parsing: $0) }
    }

    mutating func decide(_ id: ConnectionID, isMet: Bool, at now: Instant) -> [Output] {
        // Its worker may be gone meanwhile, or have come back on another connection.
        guard let lease = self.connections[id]?.lease, self.connectionOfLease[lease] == id, self.knows(lease) else {
            return []
        }
        return self.perform(self.routes.probed(lease, isMet: isMet), for: lease, at: now)
    }

    mutating func perform(_ step: WorkerRoutes.Step, for lease: LeaseID, at now: Instant) -> [Output] {
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

    mutating func startProbes() -> [Output] {
        self.probes.start().map { .probe($0.probe, of: $0.id, within: self.settings.probeLimits.time) }
    }

    /// The workers whose daemons the head daemon can reach, the oldest lease first.
    package var registered: [RegisteredWorker] {
        self.rules.ledger.all.filter(\.isRegistered).compactMap { lease in
            guard let registration = self.workers[lease.id]?.registration else { return nil }
            return try? RegisteredWorker(
                user: registration.account, route: self.route(of: lease.id, registration))
        }
    }

    func route(of lease: LeaseID, _ registration: Registration) -> RegisteredWorker.Route {
        guard let contact = self.routes[lease]?.contact else {
            return .direct(registration.contact)
        }
        let source = self.connectionOfLease[lease].flatMap { self.connections[$0]?.source }
        return .forwarded(port: contact.port, peer: source ?? contact)
    }
}
