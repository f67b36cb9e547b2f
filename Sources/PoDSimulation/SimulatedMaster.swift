import PoDCore

/// A user's session: one MasterJobId, and the process that is its master now.
struct SimulatedSession {
    let masterJobID: MasterJobID
    /// How many workers the user wants.
    var workers: Int
    var process: Int?
    var hasEnded = false
    /// Since when a slot has been free that a watcher could have had, and how many leases there were then.
    var starvingSince: (time: Instant, leases: Int)?
}

/// One run of a master.
struct SimulatedMaster {
    let session: Int
    let startedAt: Instant
    var rules: MasterRules
    /// The rule of the original design, to compare with.
    var plain: PublishSchedule?
    var plainSequence: UInt64 = 0
    var isAlive = true
    /// Its lock is another's, and it does not know it yet.
    var isZombie = false
    /// Who listens on its port after it.
    var successor: Int?
    var connections: [Int] = []
    var connectionOfLease: [LeaseID: Int] = [:]
    /// Who was granted a lease.
    var workerOfLease: [LeaseID: Int] = [:]
    var nextWake: Instant?
    var nextReadBack: Instant?
    /// Since when every slot has been held.
    var fullSince: Instant?
    /// When a slot was freed whose daemon may still run.
    var freedAt: [LeaseID: Instant] = [:]
}
