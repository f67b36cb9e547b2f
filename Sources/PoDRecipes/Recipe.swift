public import PoDCore

/// How to run one analysis daemon, at the head and at each worker.
///
/// A recipe says what to run, in which files and how to know that it is ready; it runs nothing that lasts. Whoever has
/// the recipe makes the directories, writes the files, runs the plan and watches it: `docs/recipes.md` tells in which
/// order. Only ``name`` and ``worker(lease:parameters:at:)`` have no default.
public protocol Recipe: Sendable {
    /// As in an advertisement's session and on the command line.
    var name: String { get }

    /// Whether the daemon takes nobody who has no certificate of the session; the site then has
    /// ``DaemonSite/credentials``. What doesn't is for loopback alone. The default is false.
    var authenticatesPeers: Bool { get }

    /// Brings in what the daemon needs on this machine; may take minutes the first time.
    ///
    /// - Parameter progress: Takes a line for the user.
    func prepare(progress: @Sendable (String) -> Void) async throws

    /// Looks whether the daemon can start on this machine, and brings nothing in. The default takes it for granted.
    ///
    /// - Returns: What was found, in one line.
    /// - Throws: ``RecipeError`` when it can't.
    func survey() async throws -> String

    /// The versions on this machine that head, workers and user must have in common. The default is none.
    func versions() async throws -> Versions

    /// The daemon beside the master, and what it has to say. The default is none.
    func head(at site: DaemonSite) throws -> HeadPlan

    /// The files of the head daemon that tell of its workers, to be replaced whenever these change. The default is none.
    ///
    /// - Parameter workers: Those that are registered and not away, in the order in which they came.
    func headFiles(for workers: [RegisteredWorker], at site: DaemonSite) throws -> [DaemonFile]

    /// The daemon of one worker.
    ///
    /// - Parameter parameters: What ``HeadPlan/workerParameters`` said at the head. They come over the network.
    func worker(lease: LeaseID, parameters: [String: String], at site: DaemonSite) throws -> DaemonPlan

    /// Lets workers hand over what they hold before their daemons are ended. The default does nothing.
    ///
    /// - Parameter site: The head's.
    func retire(_ leases: [LeaseID], at site: DaemonSite) async throws

    /// What a user types to work with the session, line by line. The default is nothing.
    ///
    /// - Parameter site: Where the user reaches the head daemon, and the directory with the user's credentials.
    func userLines(at site: DaemonSite) -> [String]

    /// By what a program of the user's finds the session: environment variables. The default is none.
    ///
    /// - Parameter site: As for ``userLines(at:)``.
    func userEnvironment(at site: DaemonSite) -> [String: String]
}

extension Recipe {
    public var authenticatesPeers: Bool { false }

    public func prepare(progress: @Sendable (String) -> Void) async throws {}

    public func survey() async throws -> String { "nothing to look for" }

    public func versions() async throws -> Versions { Versions() }

    public func head(at site: DaemonSite) throws -> HeadPlan { HeadPlan() }

    public func headFiles(for workers: [RegisteredWorker], at site: DaemonSite) throws -> [DaemonFile] { [] }

    public func retire(_ leases: [LeaseID], at site: DaemonSite) async throws {}

    public func userLines(at site: DaemonSite) -> [String] { [] }

    public func userEnvironment(at site: DaemonSite) -> [String: String] { [:] }
}

/// The daemon beside the master, and what it has to say once it is ready.
public struct HeadPlan: Sendable {
    /// `nil` for none.
    public let daemon: DaemonPlan?
    /// Sent to each worker with its lease.
    public let workerParameters: [String: String]
    /// For the user, in the status file.
    public let details: [(name: String, value: String)]

    public init(
        daemon: DaemonPlan? = nil, workerParameters: [String: String] = [:],
        details: [(name: String, value: String)] = []
    ) {
        self.daemon = daemon
        self.workerParameters = workerParameters
        self.details = details
    }
}
