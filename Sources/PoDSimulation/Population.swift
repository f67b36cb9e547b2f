import PoDCore
import PoDTestKit

/// The JobAgents, as columns: a million of them are a few hundred bytes each, and most do nothing but check.
struct Population {
    enum Standing: UInt8 {
        /// Not yet started, or crashed.
        case away
        case watching
        /// A worker of its runs, or is about to.
        case working
        /// Its run time is over.
        case ended
    }

    var standings: [Standing]
    var schedules: [WatchSchedule]
    var selections: [MasterSelection]
    /// Counts the agents that ran on this host.
    var lives: [UInt32]
    /// When the agent last asked the repository.
    var lastChecks: [Tick?]
    /// Only where faults are: how far the host's clock is behind, and until when the host sleeps.
    var clockLags: [Duration]
    var sleepsUntil: [Instant]

    init(_ settings: SimulationSettings) {
        let count = settings.agents
        let none = WatchSchedule(checkPeriod: settings.checkPeriod, runTime: .zero, startedAt: .start, random: 0)
        self.standings = Array(repeating: .away, count: count)
        self.schedules = Array(repeating: none, count: count)
        self.selections = Array(repeating: MasterSelection(watcherID: 0), count: count)
        self.lives = Array(repeating: 0, count: count)
        self.lastChecks = Array(repeating: nil, count: count)
        let hasFaults = settings.faults != .none
        self.clockLags = Array(repeating: .zero, count: hasFaults ? count : 0)
        self.sleepsUntil = Array(repeating: .start, count: hasFaults ? count : 0)
    }

    /// What the monotonic clock of an agent's host shows.
    func clock(of agent: Int, at now: Instant) -> Instant {
        self.clockLags.isEmpty ? now : now.advanced(by: .zero - self.clockLags[agent])
    }

    /// When a moment of the host's clock comes, if it does not sleep before.
    func time(of moment: Instant, on agent: Int) -> Instant {
        self.clockLags.isEmpty ? moment : moment.advanced(by: self.clockLags[agent])
    }

    /// Until when an agent's host sleeps; `nil` for one that is awake.
    func wakeUp(of agent: Int, at now: Instant) -> Instant? {
        guard !self.sleepsUntil.isEmpty, self.sleepsUntil[agent] > now else { return nil }
        return self.sleepsUntil[agent]
    }

    /// Watchers of the original design do not verify what they read.
    func isOldStyle(_ agent: Int, part: Double) -> Bool {
        guard part > 0 else { return false }
        var hash = StableHash(seed: 0x01D)
        hash.combine(UInt64(agent))
        return hash.unitInterval < part
    }
}
