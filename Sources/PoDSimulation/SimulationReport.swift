import PoDCore

/// What came of one run.
public struct SimulationReport: Hashable, Sendable {
    /// The state of all sessions at the end of a second.
    public struct Sample: Hashable, Sendable {
        /// Seconds since the first advertisement.
        public let second: Double
        public let leases: Int
        public let registered: Int
        public let claims: Int
        /// The largest share that is published.
        public let share: Double
    }

    public let settings: SimulationSettings
    /// Slots of all sessions, as the users wanted them first.
    public let slots: Int
    /// The most leases of all sessions together at one time.
    public internal(set) var leasedMax = 0
    /// The most leases beyond what was wanted when a slot was granted.
    public internal(set) var overLeased = 0
    /// Workers that asked for a slot, each counted once.
    public internal(set) var claims = 0
    public internal(set) var timeToAllLeased: Duration?
    public internal(set) var timeToAllRegistered: Duration?
    /// Until 95 % of the agents had claimed: what counts where there are fewer agents than slots.
    public internal(set) var timeToMostClaimed: Duration?
    public internal(set) var repositoryRequests = 0
    /// In any one second.
    public internal(set) var peakRequests = 0
    public internal(set) var datagrams = 0
    public internal(set) var events = 0
    /// How long the run was, in simulated time.
    public internal(set) var simulated = Duration.zero
    /// Of everything that happened, in order: two runs with the same digest are the same run.
    public internal(set) var digest: UInt64 = 0
    public internal(set) var violations: [String] = []
    public internal(set) var samples: [Sample] = []

    init(_ settings: SimulationSettings) {
        self.settings = settings
        self.slots = settings.masters * settings.workers
    }

    public var claimsPerSlot: Double { Double(self.claims) / Double(max(1, self.slots)) }

    /// The command that gives this run again, with every event.
    public var replay: String { "alien-pod simulate \(self.settings.arguments) --runs 1 --trace" }
}
