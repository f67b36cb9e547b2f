package import PoDCore
import PoDRecipes
import PoDRendezvous
package import PoDTickets

/// What workers say, and what they are answered.
extension MasterMachine {
    /// A worker has connected.
    ///
    /// - Parameter source: Where from; `nil` when that is not known.
    package mutating func opened(
        _ id: ConnectionID, by key: KeyThumbprint, from source: Address? = nil, at now: Instant
    ) -> [Output] {
        // As many as are wanted may come at once; who has a slot comes back to it, however many there are.
        let mostUnclaimed = max(self.settings.mostUnclaimed, self.rules.ledger.wanted &* 2)
        guard self.phase == .running,
            self.unclaimed < mostUnclaimed || self.rules.ledger.hasSlot(holder: key.description)
        else {
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
    mutating func mistake(of id: ConnectionID, _ answer: [Output]) -> [Output] {
        guard var connection = self.connections[id], connection.mistakes < self.settings.mostMistakes else { return [] }
        connection.mistakes += 1
        self.connections[id] = connection
        guard connection.mistakes == self.settings.mostMistakes else { return answer }
        return answer + [.note("a connection is closed after \(connection.mistakes) mistakes"), .close(id)]
    }

    mutating func claimed(
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
        let limits: SlotLedger.HolderLimits
        switch self.admit(claim, by: key) {
        case .admitted(let admitted): limits = admitted
        case .refused(let refusal, let reason):
            return [
                .note("a worker on \(ValueError.quoted(claim.host)) is refused: \(reason)"),
                .send(.refused(refusal, reason: reason), to: id), .close(id),
            ]
        }
        let lease: LeaseID
        var isNew = false
        var outputs: [Output] = []
        switch self.rules.claim(claim.id, holder: key.description, limits: limits, actingOn: claim.sequence, at: now) {
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
        case .tooManyOfHolder:
            return [.send(.refused(.fullOrGone, reason: "the ticket's workers are all there"), to: id), .close(id)]
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

    /// Whether a claim may have a slot. Who has one keeps it, whatever became of the tickets meanwhile, as long as its
    /// key is not revoked.
    private mutating func admit(_ claim: Claim, by key: KeyThumbprint) -> WorkerAdmission.Answer {
        if self.rules.ledger.lease(of: claim.id) != nil, !self.admission.revoked.contains(key) {
            return .admitted(SlotLedger.HolderLimits())
        }
        if let expiry = self.ticketExpiry {
            return .refused(.tryLater, reason: expiry)
        }
        return self.admission.check(ticket: claim.ticket, of: key, wanted: self.rules.ledger.wanted, at: self.date)
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

    mutating func answer(
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
}
