public import PoDCore
public import PoDRecipes

/// What master and worker say to each other: one JSON object a line, described in `docs/control-channel.md`.
public enum ControlMessage: Hashable, Sendable {
    /// First in both directions.
    case hello(protocolName: String, version: String)
    /// The worker asks for a slot.
    case claim(Claim)
    /// The master gives one.
    case lease(LeaseID, LeaseTerms)
    case refused(RefusalReason, reason: String)
    /// The worker's daemon is ready.
    case register(LeaseID, Registration)
    case registered
    case heartbeat(LeaseID, WorkerHealth)
    case acknowledged
    /// The master has given the slot to another, or never knew the lease.
    case leaseLost
    /// The worker wants to end, with a daemon that may hold what others need: the master has that taken over, then it
    /// says ``stop(reason:)``.
    case leave(LeaseID, reason: String)
    /// The worker ends: the code that it exits with, why, and the last lines of its daemon's log where that failed.
    case bye(LeaseID, code: Int32, reason: String, log: [String])
    /// What the worker's daemon holds is being taken over; when it ends, it is not started again.
    case retire(reason: String)
    /// The master wants the worker to end.
    case stop(reason: String)
    /// The master wants the worker to end its daemon and start it again.
    case restart
    /// The master asks for the last lines of the daemon's log; the number comes back with the answer.
    case logs(request: UInt64, lines: Int)
    case log(request: UInt64, lines: [String])
    /// The master has a connection for the worker's daemon: the worker is to dial that, and then the master, and to show
    /// the secret.
    case dial(StreamSecret)
    /// The worker can't.
    case dialFailed(StreamSecret)
    /// What the other side sent was not understood.
    case error(reason: String)
}

/// What a claimant says of itself.
public struct Claim: Hashable, Sendable {
    public let id: ClaimID
    public let masterJobID: MasterJobID
    /// The advertisement that it acts on; `nil` where that has no count.
    public let sequence: AdvertisementOrder?
    /// Its machine's name, for people; of at most ``longestHost`` bytes.
    public let host: String
    public let pid: Int32
    /// PKCS #10 in PEM: what it wants a certificate of the session for; `nil` where its recipes need none.
    public let certificateRequest: String?
    /// Where it listens, so that the master can see whether it can be reached; `nil` once it has its terms.
    public let reach: Reach?
    /// A worker's ticket for the key of its certificate; `nil` without one.
    public let ticket: String?

    /// Where a worker's daemon is going to listen, and the worker until then.
    public struct Reach: Hashable, Sendable {
        public let port: UInt16
        /// What it says there to everybody, in ``StreamSecret/description`` and a newline: worth nothing but to show that
        /// it is the worker who answers.
        public let nonce: StreamSecret

        public init(port: UInt16, nonce: StreamSecret) {
            self.port = port
            self.nonce = nonce
        }
    }

    /// A host name has no more (RFC 1035, 2.3.4).
    static let longestHost = 255

    public init(
        id: ClaimID, masterJobID: MasterJobID, sequence: AdvertisementOrder? = nil, host: String, pid: Int32,
        certificateRequest: String? = nil, reach: Reach? = nil, ticket: String? = nil
    ) {
        self.id = id
        self.masterJobID = masterJobID
        self.sequence = sequence
        self.host = host
        self.pid = pid
        self.certificateRequest = certificateRequest
        self.reach = reach
        self.ticket = ticket
    }
}

/// What a lease is for.
public struct LeaseTerms: Hashable, Sendable {
    public let recipe: String
    /// The recipe's own, from its head.
    public let parameters: [String: String]
    /// What makes the worker's daemon a peer of the session's; `nil` where the recipe's daemons know no certificates.
    public let certificate: IssuedCertificate?
    /// Where others reach the worker's daemon, by way of the master, and the daemon listens on loopback; `nil` where they
    /// reach it directly.
    public let contact: Address?

    /// A certificate for the claimant's key, and that of the authority that signed it, in PEM.
    public struct IssuedCertificate: Hashable, Sendable {
        public let certificate: String
        public let authority: String

        public init(certificate: String, authority: String) {
            self.certificate = certificate
            self.authority = authority
        }
    }

    public init(
        recipe: String, parameters: [String: String] = [:], certificate: IssuedCertificate? = nil,
        contact: Address? = nil
    ) {
        self.recipe = recipe
        self.parameters = parameters
        self.certificate = certificate
        self.contact = contact
    }
}

/// What a worker says of its daemon once it is ready.
public struct Registration: Hashable, Sendable {
    /// Where the head daemon reaches it.
    public let contact: Address
    /// The account that it runs under.
    public let account: String
    public let versions: Versions

    public init(contact: Address, account: String, versions: Versions = Versions()) {
        self.contact = contact
        self.account = account
        self.versions = versions
    }
}

/// How a worker and its daemon are.
public struct WorkerHealth: Hashable, Sendable {
    /// In the worker's words: `starting`, `ready`, `restarting`, `stopping`.
    public var daemon: String
    /// Processors that the daemon keeps busy; `nil` while unknown.
    public var load: Double?
    /// The daemon's memory, in bytes; `nil` while unknown.
    public var residentBytes: Int64?
    /// How often the daemon was started again.
    public var restarts: Int
    /// Why it ended last; `nil` when it never did.
    public var reason: String?

    public init(
        daemon: String, load: Double? = nil, residentBytes: Int64? = nil, restarts: Int = 0, reason: String? = nil
    ) {
        self.daemon = daemon
        self.load = load
        self.residentBytes = residentBytes
        self.restarts = restarts
        self.reason = reason
    }
}
