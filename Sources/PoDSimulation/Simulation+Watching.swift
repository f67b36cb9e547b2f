import PoDCore

/// JobAgents that watch.
extension Simulation {
    /// All JobAgents, in the order of their first checks: what happens one after the other lies side by side in memory.
    mutating func startAgents() {
        let period = self.settings.checkPeriod
        var starts: [(first: Double, start: Duration, random: UInt64)] = []
        starts.reserveCapacity(self.settings.agents)
        for _ in 0..<self.settings.agents {
            let part = self.settings.arrival == .burst ? 0 : Double.random(in: 0..<1, using: &self.agentChance)
            let random = UInt64.random(in: 0 ... .max, using: &self.agentChance)
            starts.append((part + Double(random) * 0x1p-64, period * part, random))
        }
        starts.sort { $0.first < $1.first }
        for (agent, start) in starts.enumerated() {
            self.startAgent(agent, at: .start.advanced(by: start.start), random: start.random)
        }
    }

    mutating func restartAgent(_ agent: Int) {
        self.startAgent(agent, at: self.now, random: UInt64.random(in: 0 ... .max, using: &self.agentChance))
    }

    private mutating func startAgent(_ agent: Int, at start: Instant, random: UInt64) {
        self.population.lives[agent] += 1
        self.population.lastChecks[agent] = nil
        self.population.selections[agent] = MasterSelection(
            watcherID: UInt64.random(in: 0 ... .max, using: &self.agentChance))
        let left = max(.zero, self.ending.duration(since: start))
        self.population.schedules[agent] = WatchSchedule(
            checkPeriod: self.settings.checkPeriod, runTime: left,
            startedAt: self.population.clock(of: agent, at: start), random: random)
        self.watch(agent)
    }

    /// A check is planned for now.
    mutating func check(_ agent: Int, life: UInt32) {
        guard life == self.population.lives[agent], self.population.standings[agent] == .watching else { return }
        if let wakeUp = self.population.wakeUp(of: agent, at: self.now) {
            return self.plan(agent, at: wakeUp)
        }
        self.watch(agent)
    }

    /// Does what the agent's schedule says, and plans the next check.
    mutating func watch(_ agent: Int) {
        self.population.standings[agent] = .watching
        let clock = self.population.clock(of: agent, at: self.now)
        var step = self.population.schedules[agent].step(at: clock)
        if case .check = step {
            self.oracle.checked(
                since: self.population.lastChecks[agent], period: self.checkTicks, agent: agent, at: self.tick)
            self.population.lastChecks[agent] = self.tick
            self.ask(agent, clock: clock)
            guard self.population.standings[agent] == .watching else { return }
            step = self.population.schedules[agent].step(at: clock)
        }
        switch step {
        case .wait(let moment):
            let time = self.population.time(of: moment, on: agent)
            guard time > self.now else {
                self.oracle.violated("agent \(agent) is to wait until now", at: self.now)
                self.population.standings[agent] = .ended
                return
            }
            self.plan(agent, at: time)
        case .end:
            self.population.standings[agent] = .ended
        case .check:
            self.oracle.violated("agent \(agent) is to check twice at one time", at: self.now)
            self.population.standings[agent] = .ended
        }
    }

    private mutating func plan(_ agent: Int, at time: Instant) {
        let life = self.population.lives[agent]
        let tick = Tick(time)
        if tick.number - self.tick.number < CheckWheel.horizon {
            self.wheel.add(CheckWheel.Check(tick: tick, agent: UInt32(agent), life: life))
        } else {
            self.queue.add(.check(agent: agent, life: life), at: time)
        }
    }

    /// One request, and what the agent makes of the answer.
    private mutating func ask(_ agent: Int, clock: Instant) {
        var time = self.now
        if self.settings.relay {
            time = self.askRelay(agent)
        } else {
            self.report.repositoryRequests += 1
        }
        if self.now < self.outageUntil || self.faultChance.happens(self.faults.failing) {
            self.population.schedules[agent].checkFailed(
                random: UInt64.random(in: 0 ... .max, using: &self.agentChance))
            return
        }
        self.population.schedules[agent].checkSucceeded()
        if self.faultChance.happens(self.faults.stale) {
            time = time.advanced(by: .zero - self.faultChance.upTo(Repository.oldestAnswer))
        }
        let answer = self.repository.answer(at: time, now: self.now)
        let isOldStyle = self.population.isOldStyle(agent, part: self.faults.oldStyle)
        var candidates = isOldStyle ? answer.unsigned : answer.signed
        if self.faultChance.happens(self.faults.truncated) {
            candidates = Array(candidates.prefix(self.faultChance.below(candidates.count + 1)))
        }
        // Most watchers are not among those invited: the same draw tells, without the rest of the choice.
        let selection = self.population.selections[agent]
        if self.settings.agents <= Oracle.mostDrawers {
            for candidate in candidates {
                self.oracle.drew(
                    selection.takesPart(in: candidate), candidate, agent: agent, life: self.population.lives[agent],
                    at: self.now)
            }
        }
        guard candidates.contains(where: { $0.wanted > 0 && selection.takesPart(in: $0) }) else { return }
        let choice = selection.choose(
            from: candidates, at: clock, random: UInt64.random(in: 0 ... .max, using: &self.agentChance))
        guard let chosen = choice.chosen else { return }
        let processes = isOldStyle ? answer.unsignedProcesses : answer.signedProcesses
        self.join(candidates[chosen], at: processes[chosen], agent: agent)
    }

    /// - Returns: When the relay's answer was the repository's.
    private mutating func askRelay(_ agent: Int) -> Instant {
        let site = agent % self.relays.count
        if let asked = self.relays[site].askedAt, self.now.duration(since: asked) < .seconds(1) {
            return asked
        }
        self.relays[site].askedAt = self.now
        self.report.repositoryRequests += 1
        return self.now
    }

    private mutating func join(_ candidate: MasterSelection.Candidate, at process: Int, agent: Int) {
        self.population.standings[agent] = .working
        self.oracle.joined(
            agent: agent, life: self.population.lives[agent], session: self.masters[process].session, at: self.now)
        let worker = self.workers.count
        self.workers.append(
            SimulatedWorker(
                agent: agent, session: self.masters[process].session, process: process, order: candidate.order,
                claim: ClaimID(
                    high: UInt64.random(in: 0 ... .max, using: &self.agentChance),
                    low: UInt64.random(in: 0 ... .max, using: &self.agentChance))))
        self.note(.found, agent, worker, "worker \(worker) for master \(process), sequence \(candidate.order.sequence)")
        let delay: Duration = .milliseconds(300) + self.agentChance.upTo(.milliseconds(900))
        self.queue.add(.workerStarts(worker), at: self.now.advanced(by: delay))
    }
}
