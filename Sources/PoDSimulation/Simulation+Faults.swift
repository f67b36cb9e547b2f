import Glibc
import PoDCore

/// What goes wrong.
extension Simulation {
    private enum Fault: CaseIterable {
        case connectionLost, masterLosesConnection, workerLosesConnection, connectionDies
        case messagesHeldBackToMaster, messagesHeldBackToWorker
        case hostCrashes, workerCrashes, hostSleeps
        case masterRestarts, masterForgets, masterIsReplaced
        case userWants, repositoryFails
    }

    /// One fault now, and the next some time later.
    mutating func fault() {
        guard let mean = self.faults.meanInterval, self.now < self.faultsEnd else {
            return self.faults.end(self.settings)
        }
        let gap = mean * -log(1 - Double.random(in: 0..<1, using: &self.faultChance))
        self.queue.add(.fault, at: min(self.now.advanced(by: gap), self.faultsEnd))
        let all = Fault.allCases
        let fault = all[self.faultChance.below(all.count)]
        self.note(.fault, all.firstIndex(of: fault) ?? 0, 0, "\(fault)")
        self.happen(fault)
    }

    private mutating func happen(_ fault: Fault) {
        switch fault {
        case .connectionLost: self.loseConnection(atMaster: true, atWorker: true)
        case .masterLosesConnection: self.loseConnection(atMaster: true, atWorker: false)
        case .workerLosesConnection: self.loseConnection(atMaster: false, atWorker: true)
        case .connectionDies: self.loseConnection(atMaster: false, atWorker: false)
        case .messagesHeldBackToMaster:
            guard let id = self.someConnection() else { return }
            self.connections[id].cutToMaster = self.endOfFault()
        case .messagesHeldBackToWorker:
            guard let id = self.someConnection() else { return }
            self.connections[id].cutToWorker = self.endOfFault()
        case .hostCrashes: self.crashHost(self.someAgent())
        case .workerCrashes:
            guard let id = self.someConnection() else { return }
            let worker = self.connections[id].worker
            guard self.workers[worker].isAlive else { return }
            self.killWorker(worker, isSeen: true)
            self.population.selections[self.workers[worker].agent].accepted(
                by: self.sessions[self.workers[worker].session].masterJobID)
            self.watch(self.workers[worker].agent)
        case .hostSleeps: self.sleep(self.someAgent())
        case .masterRestarts: self.crashMaster(keepsState: true)
        case .masterForgets: self.crashMaster(keepsState: false)
        case .masterIsReplaced: self.replaceMaster()
        case .userWants:
            let session = self.faultChance.below(self.sessions.count)
            self.userWants(self.faultChance.below(2 * self.settings.workers + 1), of: session)
        case .repositoryFails: self.outageUntil = self.endOfFault()
        }
    }

    private mutating func endOfFault() -> Instant {
        min(self.faultsEnd, self.now.advanced(by: .seconds(1) + self.faultChance.upTo(self.faults.longest)))
    }

    private mutating func someConnection() -> Int? {
        let session = self.faultChance.below(self.sessions.count)
        guard let master = self.sessions[session].process, !self.masters[master].connections.isEmpty else { return nil }
        return self.masters[master].connections[self.faultChance.below(self.masters[master].connections.count)]
    }

    /// Every other time one that works, for there is more to go wrong.
    private mutating func someAgent() -> Int {
        if Bool.random(using: &self.faultChance), let id = self.someConnection() {
            return self.workers[self.connections[id].worker].agent
        }
        return self.faultChance.below(self.settings.agents)
    }

    /// Nothing goes through any more, and those who notice are told within a second.
    private mutating func loseConnection(atMaster: Bool, atWorker: Bool) {
        guard let id = self.someConnection() else { return }
        self.connections[id].isDead = true
        let notice = self.now.advanced(by: self.faultChance.upTo(.seconds(1)))
        if atMaster {
            self.queue.add(.closedAtMaster(connection: id), at: notice)
        }
        if atWorker {
            self.queue.add(.closedAtWorker(connection: id), at: notice)
        }
    }

    private mutating func crashHost(_ agent: Int) {
        guard self.population.standings[agent] != .away, self.population.standings[agent] != .ended else { return }
        // The latest worker of an agent is its only one that can be alive.
        if let worker = self.workers.lastIndex(where: { $0.agent == agent }) {
            self.killWorker(worker, isSeen: false)
        }
        self.population.standings[agent] = .away
        self.population.lives[agent] += 1
        self.population.sleepsUntil[agent] = self.now
        let restart = min(self.faultsEnd, self.now.advanced(by: .seconds(5) + self.faultChance.upTo(.seconds(55))))
        self.queue.add(.agentStarts(agent), at: restart)
    }

    private mutating func sleep(_ agent: Int) {
        guard self.population.wakeUp(of: agent, at: self.now) == nil else { return }
        let wakeUp = self.endOfFault()
        self.population.clockLags[agent] += wakeUp.duration(since: self.now)
        self.population.sleepsUntil[agent] = wakeUp
    }

    private mutating func crashMaster(keepsState: Bool) {
        let session = self.faultChance.below(self.sessions.count)
        guard let master = self.sessions[session].process, self.masters[master].isAlive else { return }
        self.stopMaster(master)
        let restart = min(self.faultsEnd, self.now.advanced(by: .seconds(1) + self.faultChance.upTo(.seconds(60))))
        self.queue.add(.masterRestarts(session: session, keepsState: keepsState), at: restart)
    }

    /// A second master of the same MasterJobId takes over while the first one lives on for a while.
    private mutating func replaceMaster() {
        let session = self.faultChance.below(self.sessions.count)
        guard let master = self.sessions[session].process, self.masters[master].isAlive else { return }
        self.masters[master].isZombie = true
        self.queue.add(.zombieEnds(master), at: self.endOfFault())
        self.restartMaster(of: session, keepsState: true)
    }
}
