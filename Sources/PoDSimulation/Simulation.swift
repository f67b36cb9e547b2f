import PoDCore
import PoDTestKit

/// One run: a virtual clock, and a world of masters, watchers, workers, users, a network and a repository, in which
/// the very machines decide that the daemons and the library use.
///
/// The seed determines everything: the same settings give the same run, event by event.
public struct Simulation {
    /// After the sessions' end everything has this long to stop.
    static let windUp: Duration = .seconds(260)
    /// After the withdrawal became visible: who saw an advertisement before that has claimed by then.
    private static let lateClaims: Duration = .seconds(15)

    let settings: SimulationSettings
    /// The check period, as the grid of time has it.
    let checkTicks: Tick
    var tick = Tick(Instant.start)
    var now: Instant { self.tick.time }
    var queue = EventQueue()
    var wheel = CheckWheel()

    var population: Population
    var sessions: [SimulatedSession] = []
    var masters: [SimulatedMaster] = []
    var workers: [SimulatedWorker] = []
    var connections: [SimulatedConnection] = []
    var repository: Repository
    var relays: [Relay]

    var faults: FaultRates
    var outageUntil = Instant.start
    /// One for each part of the world, so that what one draws does not change the numbers of another.
    var agentChance: SeededGenerator
    var networkChance: SeededGenerator
    var faultChance: SeededGenerator

    var oracle = Oracle()
    var report: SimulationReport
    var firstAdvertisement: Instant?
    var isEnding = false
    var isOver = false
    private var digest = StableHash(seed: 0)
    private var requestsBefore = 0
    private var trace: ((String) -> Void)?

    /// A site's cache in front of the repository.
    struct Relay {
        var askedAt: Instant?
    }

    public init(_ settings: SimulationSettings) {
        self.settings = settings
        self.checkTicks = Tick(settings.checkPeriod)
        var seeds = SeededGenerator(seed: settings.seed)
        self.agentChance = seeds.split()
        self.networkChance = seeds.split()
        self.faultChance = seeds.split()
        self.population = Population(settings)
        self.faults = FaultRates(settings)
        self.report = SimulationReport(settings)
        self.relays = Array(repeating: Relay(), count: max(1, settings.sites))
        self.sessions = (0..<settings.masters).compactMap { index in
            MasterJobID(number: 1_000_001 + Int64(index)).map {
                SimulatedSession(masterJobID: $0, workers: settings.workers)
            }
        }
        self.repository = Repository(
            sessions: self.sessions.map(\.masterJobID), farms: settings.farms)
    }

    /// When the first master starts: the agents have been there for a check period.
    var opening: Instant { .start.advanced(by: self.settings.checkPeriod) }
    var ending: Instant { self.opening.advanced(by: self.settings.duration) }
    var faultsEnd: Instant { self.opening.advanced(by: self.settings.faultsEnd) }

    /// Runs to the end.
    ///
    /// - Parameters:
    ///   - progress: Told the part that is done, 0 to 1, each simulated second.
    ///   - trace: Told every event but the idle checks, a line each.
    public mutating func run(
        progress: ((Double) -> Void)? = nil, trace: ((String) -> Void)? = nil
    ) -> SimulationReport {
        self.trace = trace
        self.begin()
        let whole = self.ending.sinceStart
        while !self.isOver, self.next() {
            if let progress, self.report.events % 10_000 == 0 {
                progress(min(1, self.now.sinceStart / whole))
            }
        }
        self.report.violations = self.oracle.violations
        self.report.overLeased = self.oracle.overLeased
        self.report.simulated = self.now.sinceStart
        self.report.digest = UInt64(self.digest.unitInterval * 0x1p53)
        return self.report
    }

    private mutating func begin() {
        self.startAgents()
        for session in self.sessions.indices {
            let delay = session == 0 ? .zero : self.networkChance.upTo(self.settings.checkPeriod)
            self.queue.add(.sessionStarts(session), at: self.opening.advanced(by: delay))
        }
        if self.faults.meanInterval != nil {
            self.queue.add(.fault, at: self.opening)
        }
        self.queue.add(.second, at: .start.advanced(by: .seconds(1)))
        self.queue.add(.end, at: self.ending)
    }

    /// Lets the next event happen.
    private mutating func next() -> Bool {
        if let check = self.wheel.firstTick, self.queue.firstTick.map({ check <= $0 }) ?? true {
            guard let check = self.wheel.popFirst() else { return false }
            self.tick = check.tick
            self.report.events += 1
            self.check(Int(check.agent), life: check.life)
            return true
        }
        guard let (tick, event) = self.queue.popFirst() else { return false }
        self.tick = tick
        self.report.events += 1
        self.handle(event)
        return true
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .check(let agent, let life): self.check(agent, life: life)
        case .workerStarts(let worker): self.awake(worker, event) { $0.startWorker(worker) }
        case .workerWakes(let worker): self.awake(worker, event) { $0.wakeWorker(worker) }
        case .daemonReady(let worker, let run): self.awake(worker, event) { $0.daemonIsReady(worker, run: run) }
        case .daemonEnded(let worker, let run): self.awake(worker, event) { $0.daemonHasEnded(worker, run: run) }
        case .connectArrives(let id): self.connectArrives(id)
        case .connectAnswered(let id, let isOpen):
            self.awake(self.connections[id].worker, event) { $0.connectAnswered(id, isOpen: isOpen) }
        case .toMaster(let id, let message): self.masterReceives(message, on: id)
        case .toWorker(let id, let message):
            self.awake(self.connections[id].worker, event) { $0.workerReceives(message, on: id) }
        case .closedAtMaster(let id): self.closedAtMaster(id)
        case .closedAtWorker(let id):
            self.awake(self.connections[id].worker, event) { $0.closedAtWorker(id) }
        case .endIsDue(let worker): self.awake(worker, event) { $0.inspectObedience(of: worker) }
        case .agentStarts(let agent): self.restartAgent(agent)
        case .sessionStarts(let session): self.startMaster(of: session, restoring: [])
        case .masterWakes(let master):
            guard let planned = self.masters[master].nextWake, planned <= self.now else { break }
            self.masters[master].nextWake = nil
            self.settle(master)
        case .datagram(let farm, let advertised): self.datagramArrives(advertised, farm: farm)
        case .visible(let farm, let value): self.repository.show(value, farm: farm)
        case .fault: self.fault()
        case .masterRestarts(let session, let keepsState): self.restartMaster(of: session, keepsState: keepsState)
        case .zombieEnds(let master): self.stopMaster(master)
        case .second: self.secondPasses()
        case .end: self.endSessions()
        }
    }

    /// What happens to a process of a host that sleeps happens when it wakes up.
    private mutating func awake(_ worker: Int, _ event: Event, _ body: (inout Simulation) -> Void) {
        if let wakeUp = self.population.wakeUp(of: self.workers[worker].agent, at: self.now) {
            self.queue.add(event, at: wakeUp)
        } else {
            body(&self)
        }
    }

    /// Says what happened, for people that look for a fault and for the digest of the run.
    mutating func note(_ kind: Note, _ one: Int, _ other: Int = 0, _ text: @autoclosure () -> String = "") {
        self.digest.combine(UInt64(truncatingIfNeeded: self.now.sinceStart.attoseconds / 1_000_000_000))
        self.digest.combine(UInt64(kind.rawValue))
        self.digest.combine(UInt64(truncatingIfNeeded: one))
        self.digest.combine(UInt64(truncatingIfNeeded: other))
        guard let trace else { return }
        let text = text()
        trace("\(self.now.sinceStart.inSeconds) \(kind) \(one)" + (text.isEmpty ? "" : " \(text)"))
    }

    // MARK: - Each second

    private mutating func secondPasses() {
        let requests = self.report.repositoryRequests - self.requestsBefore
        self.requestsBefore = self.report.repositoryRequests
        self.report.peakRequests = max(self.report.peakRequests, requests)
        self.oracle.secondPassed(self.settings, at: self.now)
        self.sample()
        self.inspect()
        if self.isEnding, self.now >= self.ending.advanced(by: Self.windUp) {
            self.inspectEnd()
            self.isOver = true
        }
        if self.settings.endsWhenLeased, let leased = self.report.timeToAllLeased,
            let since = self.sinceFirstAdvertisement, since > leased + self.settings.lag + Self.lateClaims
        {
            self.isOver = true
        }
        self.queue.add(.second, at: self.now.advanced(by: .seconds(1)))
    }

    private mutating func sample() {
        var leases = 0
        var registered = 0
        var share = 0.0
        for master in self.masters where master.isAlive && !master.isZombie {
            leases += master.rules.ledger.heldSlots
            registered += master.rules.ledger.registeredWorkers
            share = max(share, master.plain == nil ? master.rules.invitations.share : 1)
        }
        guard let first = self.firstAdvertisement else { return }
        self.report.samples.append(
            SimulationReport.Sample(
                second: self.now.duration(since: first).inSeconds, leases: leases, registered: registered,
                claims: self.report.claims, share: share))
    }

    private mutating func endSessions() {
        self.isEnding = true
        for session in self.sessions.indices {
            self.endSession(session)
        }
    }
}

extension Simulation {
    /// The kinds of what is noted.
    enum Note: UInt8 {
        case agentStarted, agentEnded, found, workerConnects, workerEnded, daemonStarts, daemonReady, daemonEnded
        case claimed, leased, registered, refused, leaseLost, bye, connectionLost, slotFreed, forgotten
        case masterStarted, masterEnded, advertised, withdrawn, lost, userWants, fault
    }
}

extension SeededGenerator {
    /// A random time from zero to just below `limit`.
    mutating func upTo(_ limit: Duration) -> Duration {
        limit * Double.random(in: 0..<1, using: &self)
    }

    /// Whether something of this probability happens.
    mutating func happens(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &self) < probability
    }

    mutating func below(_ count: Int) -> Int {
        Int.random(in: 0..<max(1, count), using: &self)
    }
}
