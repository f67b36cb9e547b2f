import PoDCore

/// A worker's process, with its one daemon.
struct SimulatedWorker {
    let agent: Int
    let session: Int
    /// The master process whose address its advertisement named.
    let process: Int
    let order: AdvertisementOrder?
    let claim: ClaimID
    var lifecycle: WorkerLifecycle?
    /// Whether the process runs, or is about to.
    var isAlive = true
    var endedAt: Instant?
    var connection: Int?
    var hasClaimed = false
    var wasLeased = false
    /// The lease that its daemon was started for.
    var lease: LeaseID?
    var daemonRun = 0
    var daemonRuns = false
    var nextWake: Instant?
}

/// A connection of a worker to a master, each side with its own idea of whether it is open.
struct SimulatedConnection {
    let worker: Int
    let process: Int
    var isOpenAtMaster = false
    var isOpenAtWorker = false
    /// Nothing gets through any more, and neither side is told.
    var isDead = false
    var lease: LeaseID?
    /// When the last message of each direction arrives: TCP keeps the order.
    var lastAtMaster = Instant.start
    var lastAtWorker = Instant.start
    /// Until when a direction is cut off.
    var cutToMaster = Instant.start
    var cutToWorker = Instant.start
}
