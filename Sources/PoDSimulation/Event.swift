import PoDCore

/// What happens in the simulated world.
enum Event {
    /// A JobAgent starts again on a host that crashed.
    case agentStarts(Int)
    /// A check that is too far ahead for the wheel.
    case check(agent: Int, life: UInt32)
    case workerStarts(Int)
    case workerWakes(Int)
    case daemonReady(worker: Int, run: Int)
    case daemonEnded(worker: Int, run: Int)
    /// A worker's first packet reaches the master's host.
    case connectArrives(Int)
    case connectAnswered(Int, isOpen: Bool)
    case toMaster(connection: Int, Message)
    case toWorker(connection: Int, Message)
    case closedAtMaster(connection: Int)
    case closedAtWorker(connection: Int)
    /// A worker that was told to end has had the time to.
    case endIsDue(worker: Int)
    case sessionStarts(Int)
    case masterWakes(Int)
    /// A datagram reaches MonALISA.
    case datagram(farm: Int, Advertised)
    /// A value of it can be read from the repository.
    case visible(farm: Int, MonitoredValue)
    case fault
    case masterRestarts(session: Int, keepsState: Bool)
    case zombieEnds(Int)
    case second
    case end
}

/// What worker and master say to each other, as far as the rules go.
enum Message {
    case claim(ClaimID, AdvertisementOrder?)
    case register(LeaseID)
    case heartbeat(LeaseID)
    case bye(LeaseID)
    case lease(LeaseID)
    case refused(RefusalReason)
    case registered
    case acknowledged
    case leaseLost
    case stop

    /// Whether a worker that is told so has to end.
    var endsWorker: Bool {
        switch self {
        case .refused, .leaseLost, .stop: true
        case .claim, .register, .heartbeat, .bye, .lease, .registered, .acknowledged: false
        }
    }
}

/// One advertisement or withdrawal, as it leaves a master.
struct Advertised {
    let session: Int
    /// Who can be reached at its address: the index of a master process.
    let process: Int
    let order: AdvertisementOrder
    /// 0 in a withdrawal.
    let wanted: Int
    let share: Double
}

/// One parameter of an advertisement, with the time that the receiver stamped it with.
struct MonitoredValue {
    enum Parameter: Int, CaseIterable {
        /// All of it, signed.
        case proof
        case address, wanted, share
    }

    let parameter: Parameter
    let advertised: Advertised
    let stamp: Instant
}
