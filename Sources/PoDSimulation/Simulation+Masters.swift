import PoDCore

/// Master processes, and the users behind them.
extension Simulation {
    mutating func startMaster(of session: Int, restoring granted: [SlotLedger.Granted]) {
        guard !self.sessions[session].hasEnded else { return }
        let master = self.masters.count
        let epoch = UInt64(1000 + master)
        var limits = InvitationControl.Limits()
        limits.period = self.settings.publishPeriod
        let rules = MasterRules(
            epoch: epoch, wanted: self.sessions[session].workers, invitationLimits: limits, restoring: granted,
            at: self.now)
        let plain =
            self.settings.rule == .everyone ? PublishSchedule(period: self.settings.publishPeriod) : nil
        self.masters.append(SimulatedMaster(session: session, startedAt: self.now, rules: rules, plain: plain))
        self.sessions[session].process = master
        self.note(.masterStarted, master, session, "epoch \(epoch), \(granted.count) leases restored")
        self.settle(master)
    }

    mutating func stopMaster(_ master: Int) {
        guard self.masters[master].isAlive else { return }
        self.note(.masterEnded, master)
        for connection in self.masters[master].connections {
            self.closeAtMaster(connection)
        }
        self.masters[master].isAlive = false
        self.masters[master].nextWake = nil
    }

    /// A new process of the session takes over the port.
    mutating func restartMaster(of session: Int, keepsState: Bool) {
        guard !self.isEnding, let old = self.sessions[session].process else { return }
        let leases = self.masters[old].rules.ledger.all.filter(\.holdsSlot)
        let successor = self.masters.count
        self.startMaster(of: session, restoring: keepsState ? leases.map { SlotLedger.Granted($0) } : [])
        self.masters[old].successor = successor
        for lease in leases {
            if keepsState {
                self.masters[successor].workerOfLease[lease.id] = self.masters[old].workerOfLease[lease.id]
            } else if let worker = self.masters[old].workerOfLease[lease.id] {
                self.masters[successor].workerOfLease[lease.id] = worker
                self.masters[successor].freedAt[lease.id] = self.now
            }
        }
    }

    // MARK: - Users

    mutating func userWants(_ workers: Int, of session: Int) {
        guard let master = self.sessions[session].process, !self.sessions[session].hasEnded else { return }
        self.sessions[session].workers = workers
        guard self.masters[master].isAlive else { return }
        self.note(.userWants, session, workers, "\(workers) workers")
        self.tellToLeave(self.masters[master].rules.want(workers, at: self.now), by: master)
        self.settle(master)
    }

    mutating func endSession(_ session: Int) {
        self.sessions[session].hasEnded = true
        guard let master = self.sessions[session].process, self.masters[master].isAlive else { return }
        self.note(.userWants, session, 0, "the end")
        self.tellToLeave(self.masters[master].rules.end(at: self.now), by: master)
        self.settle(master)
    }

    private mutating func tellToLeave(_ leases: [LeaseID], by master: Int) {
        for lease in leases {
            guard let connection = self.masters[master].connectionOfLease[lease] else { continue }
            self.sendToWorker(.stop, on: connection)
        }
    }

    // MARK: - Workers

    mutating func masterReceives(_ message: Message, on id: Int) {
        let master = self.connections[id].process
        guard self.connections[id].isOpenAtMaster, self.masters[master].isAlive else { return }
        let held = self.heldBefore(master)
        switch message {
        case .claim(let claim, let order): self.claimed(claim, order, on: id, master)
        case .register(let lease) where lease == self.connections[id].lease:
            let answer = self.masters[master].rules.register(lease, at: self.now)
            if answer == .accepted {
                self.note(.registered, master, self.connections[id].worker, "lease \(lease)")
                self.oracle.registered(
                    lease, of: self.masters[master].session, by: self.connections[id].worker, at: self.now)
            }
            self.answer(answer, .registered, lease, on: id, master)
        case .heartbeat(let lease) where lease == self.connections[id].lease:
            self.answer(
                self.masters[master].rules.heartbeat(lease, at: self.now), .acknowledged, lease, on: id, master)
        case .bye(let lease) where lease == self.connections[id].lease:
            self.note(.bye, master, self.connections[id].worker, "lease \(lease)")
            self.masters[master].rules.bye(lease)
            self.masters[master].connectionOfLease.removeValue(forKey: lease)
            self.masters[master].freedAt[lease] = self.now
            self.closeAtMaster(id)
        case .register, .heartbeat, .bye: self.sendToWorker(.leaseLost, on: id)
        case .lease, .refused, .registered, .acknowledged, .leaseLost, .stop: break
        }
        self.inspectLedger(of: master, heldBefore: held)
        self.settle(master)
    }

    private mutating func claimed(_ claim: ClaimID, _ order: AdvertisementOrder?, on id: Int, _ master: Int) {
        let worker = self.connections[id].worker
        if !self.workers[worker].hasClaimed {
            self.workers[worker].hasClaimed = true
            self.report.claims += 1
            if self.report.timeToMostClaimed == nil, self.report.claims * 20 >= self.settings.agents * 19 {
                self.report.timeToMostClaimed = self.sinceFirstAdvertisement
            }
        }
        let answer = self.masters[master].rules.claim(claim, actingOn: order, at: self.now)
        self.note(.claimed, master, worker, "worker \(worker): \(answer)")
        switch answer {
        case .granted(let lease), .repeated(let lease):
            if let old = self.masters[master].connectionOfLease[lease], old != id {
                self.closeAtMaster(old)
            }
            self.connections[id].lease = lease
            self.masters[master].connectionOfLease[lease] = id
            self.masters[master].workerOfLease[lease] = worker
            self.masters[master].freedAt.removeValue(forKey: lease)
            self.sendToWorker(.lease(lease), on: id)
            if self.masters[master].rules.isLeaving(lease) {
                self.sendToWorker(.stop, on: id)
            }
        case .full: self.refuse(.refused(.fullOrGone), on: id)
        case .tooManyUnregistered, .tooManyOfHolder: self.refuse(.refused(.tryLater), on: id)
        case .lost: self.refuse(.leaseLost, on: id)
        }
    }

    private mutating func refuse(_ message: Message, on id: Int) {
        self.sendToWorker(message, on: id)
        self.closeAtMaster(id)
    }

    private mutating func answer(
        _ answer: SlotLedger.LeaseAnswer, _ message: Message, _ lease: LeaseID, on id: Int, _ master: Int
    ) {
        switch answer {
        case .leaseLost:
            self.note(.leaseLost, master, self.connections[id].worker, "lease \(lease)")
            self.sendToWorker(.leaseLost, on: id)
        case .accepted:
            self.masters[master].freedAt.removeValue(forKey: lease)
            self.sendToWorker(message, on: id)
            if self.masters[master].rules.isLeaving(lease) {
                self.sendToWorker(.stop, on: id)
            }
        }
    }

    mutating func closedAtMaster(_ id: Int) {
        let master = self.connections[id].process
        guard self.connections[id].isOpenAtMaster else { return }
        self.connections[id].isOpenAtMaster = false
        self.masters[master].connections.removeAll { $0 == id }
        // A worker that came back on a new connection is not lost with its old one.
        guard self.masters[master].isAlive, let lease = self.connections[id].lease,
            self.masters[master].connectionOfLease[lease] == id
        else { return }
        self.note(.connectionLost, master, self.connections[id].worker, "lease \(lease)")
        self.masters[master].connectionOfLease.removeValue(forKey: lease)
        self.masters[master].rules.disconnected(lease, at: self.now)
        self.settle(master)
    }

    // MARK: - Time

    /// Lets a master do what is due, and plans when it looks again.
    mutating func settle(_ master: Int) {
        guard self.masters[master].isAlive else { return }
        self.expireLeases(of: master)
        self.readBack(master)
        let isFull = self.masters[master].rules.freeSlots == 0
        self.masters[master].fullSince = isFull ? self.masters[master].fullSince ?? self.now : nil
        let hasSurplus = self.masters[master].rules.ledger.surplus > 0
        self.masters[master].surplusSince = hasSurplus ? self.masters[master].surplusSince ?? self.now : nil
        var wake = self.advertise(master)
        self.noteTimes()
        for other in [self.masters[master].rules.nextDeadline, self.masters[master].nextReadBack] {
            guard let other else { continue }
            if other <= self.now {
                self.oracle.violated("master \(master) has a deadline that passes for nothing", at: self.now)
            }
            let due = max(other, self.now.advanced(by: .milliseconds(1)))
            wake = min(wake ?? due, due)
        }
        guard let wake else { return }
        if let planned = self.masters[master].nextWake, planned <= wake { return }
        self.masters[master].nextWake = wake
        self.queue.add(.masterWakes(master), at: wake)
    }

    private mutating func expireLeases(of master: Int) {
        for expiry in self.masters[master].rules.expire(at: self.now) {
            switch expiry {
            case .away: break
            case .slotFreed(let lease):
                self.note(.slotFreed, master, Int(truncatingIfNeeded: lease.number), "lease \(lease)")
                self.masters[master].freedAt[lease] = self.now
            case .forgotten(let lease):
                self.note(.forgotten, master, Int(truncatingIfNeeded: lease.number), "lease \(lease)")
                self.masters[master].freedAt[lease] = self.masters[master].freedAt[lease] ?? self.now
                guard let connection = self.masters[master].connectionOfLease.removeValue(forKey: lease) else { break }
                self.refuse(.leaseLost, on: connection)
            }
        }
    }

    var sinceFirstAdvertisement: Duration? {
        self.firstAdvertisement.map { self.now.duration(since: $0) }
    }

    /// Notes when every slot is leased for the first time, and every worker registered.
    private mutating func noteTimes() {
        var leases = 0
        var registered = 0
        for session in self.sessions {
            guard let process = session.process else { return }
            leases += self.masters[process].rules.ledger.heldSlots
            registered += self.masters[process].rules.ledger.registeredWorkers
        }
        self.report.leasedMax = max(self.report.leasedMax, leases)
        if self.report.timeToAllLeased == nil, leases >= self.report.slots {
            self.report.timeToAllLeased = self.sinceFirstAdvertisement
        }
        if self.report.timeToAllRegistered == nil, registered >= self.report.slots {
            self.report.timeToAllRegistered = self.sinceFirstAdvertisement
        }
    }
}
