import PoDCore

/// Worker processes: what their lifecycle says is done.
extension Simulation {
    mutating func startWorker(_ worker: Int) {
        guard self.workers[worker].isAlive else { return }
        var limits = WorkerLifecycle.Limits()
        limits.restarts = self.settings.faults == .none ? 0 : 1
        let clock = self.population.clock(of: self.workers[worker].agent, at: self.now)
        self.workers[worker].lifecycle = WorkerLifecycle(limits: limits, startedAt: clock)
        self.tell(worker, .tick)
    }

    mutating func wakeWorker(_ worker: Int) {
        // A host that slept wakes its processes later than they had planned.
        guard self.workers[worker].isAlive, let planned = self.workers[worker].nextWake, planned <= self.now else {
            return
        }
        self.workers[worker].nextWake = nil
        self.tell(worker, .tick)
    }

    mutating func tell(_ worker: Int, _ event: WorkerLifecycle.Event) {
        guard self.workers[worker].isAlive else { return }
        let agent = self.workers[worker].agent
        let clock = self.population.clock(of: agent, at: self.now)
        for action in self.workers[worker].lifecycle?.handle(event, at: clock) ?? [] {
            self.perform(action, worker)
        }
        guard self.workers[worker].isAlive, let deadline = self.workers[worker].lifecycle?.nextDeadline else { return }
        var wake = max(self.now, self.population.time(of: deadline, on: agent))
        self.workers[worker].wakesAtOnce = wake == self.now ? self.workers[worker].wakesAtOnce + 1 : 0
        if self.workers[worker].wakesAtOnce > 20 {
            self.oracle.violated("worker \(worker) is to be woken again and again at one time", at: self.now)
            wake = self.now.advanced(by: .seconds(1))
        }
        if let planned = self.workers[worker].nextWake, planned <= wake { return }
        self.workers[worker].nextWake = wake
        self.queue.add(.workerWakes(worker), at: wake)
    }

    private mutating func perform(_ action: WorkerLifecycle.Action, _ worker: Int) {
        switch action {
        case .connect: self.connect(worker)
        case .sendClaim: self.sendToMaster(.claim(self.workers[worker].claim, self.workers[worker].order), worker)
        case .sendRegister(let lease): self.sendToMaster(.register(lease), worker)
        case .sendHeartbeat(let lease): self.sendToMaster(.heartbeat(lease), worker)
        // No worker here runs on somebody's time.
        case .sendLeave: break
        case .sendBye(let lease): self.sendToMaster(.bye(lease), worker)
        case .startDaemon(let lease): self.startDaemon(worker, lease)
        case .stopDaemon:
            let delay = self.agentChance.upTo(.milliseconds(500))
            self.queue.add(
                .daemonEnded(worker: worker, run: self.workers[worker].daemonRun), at: self.now.advanced(by: delay))
        case .exit(let code, _): self.endWorker(worker, code: code)
        }
    }

    private mutating func startDaemon(_ worker: Int, _ lease: LeaseID) {
        if self.workers[worker].daemonRuns {
            self.oracle.violated("worker \(worker) starts a second daemon", at: self.now)
        }
        self.workers[worker].daemonRun += 1
        self.workers[worker].daemonRuns = true
        self.workers[worker].lease = lease
        let run = self.workers[worker].daemonRun
        self.note(.daemonStarts, worker, run, "on lease \(lease)")
        let ready = self.now.advanced(by: .milliseconds(200) + self.agentChance.upTo(.seconds(3)))
        self.queue.add(.daemonReady(worker: worker, run: run), at: ready)
        if self.faultChance.happens(min(1, self.faults.daemonEnds * 10)) {
            let end = self.now.advanced(by: self.faultChance.upTo(.seconds(600)))
            self.queue.add(.daemonEnded(worker: worker, run: run), at: min(end, max(self.faultsEnd, ready)))
        }
    }

    mutating func daemonIsReady(_ worker: Int, run: Int) {
        guard self.workers[worker].daemonRun == run, self.workers[worker].daemonRuns else { return }
        self.note(.daemonReady, worker, run)
        self.tell(worker, .daemonReady)
    }

    mutating func daemonHasEnded(_ worker: Int, run: Int) {
        guard self.workers[worker].daemonRun == run, self.workers[worker].daemonRuns else { return }
        self.workers[worker].daemonRuns = false
        self.note(.daemonEnded, worker, run)
        self.tell(worker, .daemonEnded(reason: "exit status 1"))
    }

    /// The worker's process ends of its own will; its JobAgent watches on.
    private mutating func endWorker(_ worker: Int, code: Int32) {
        if self.workers[worker].daemonRuns {
            self.oracle.violated("worker \(worker) ends with its daemon running", at: self.now)
        }
        self.note(.workerEnded, worker, Int(code), "exit code \(code)")
        self.workers[worker].isAlive = false
        self.workers[worker].endedAt = self.now
        if let connection = self.workers[worker].connection {
            self.closeAtWorker(connection)
        }
        let agent = self.workers[worker].agent
        let clock = self.population.clock(of: agent, at: self.now)
        let session = self.sessions[self.workers[worker].session].masterJobID
        if let reason = RefusalReason(workerExitCode: code) {
            self.oracle.refused(
                agent: agent, life: self.population.lives[agent], session: self.workers[worker].session, at: self.now)
            self.population.selections[agent].refused(
                by: session, because: reason, at: clock,
                random: UInt64.random(in: 0 ... .max, using: &self.agentChance))
        } else {
            self.population.selections[agent].accepted(by: session)
        }
        self.watch(agent)
    }

    /// The worker's process is gone without a word.
    ///
    /// - Parameter isSeen: Whether its host is there to tell the master that the connection ended.
    mutating func killWorker(_ worker: Int, isSeen: Bool) {
        guard self.workers[worker].isAlive else { return }
        self.workers[worker].isAlive = false
        self.workers[worker].endedAt = self.now
        self.workers[worker].daemonRuns = false
        if let connection = self.workers[worker].connection {
            if isSeen {
                self.closeAtWorker(connection)
            } else {
                self.connections[connection].isDead = true
                self.connections[connection].isOpenAtWorker = false
            }
        }
    }
}
