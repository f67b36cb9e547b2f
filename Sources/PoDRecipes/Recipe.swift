public import PoDCore

/// How to run one analysis daemon, at the head and at each worker.
public protocol Recipe: Sendable {
    /// As in an advertisement's session and on the command line.
    var name: String { get }

    /// Brings in what the daemon needs on this machine; may take minutes the first time.
    ///
    /// - Parameter progress: Takes a line for the user.
    func prepare(progress: @Sendable (String) -> Void) async throws

    /// The daemon beside the master; `nil` for none.
    func head(in directory: String) throws -> DaemonPlan?

    /// What the head daemon, once ready, has to say: to workers, and to the user.
    func headFacts(in directory: String) async throws -> HeadFacts

    /// The daemon of one worker.
    ///
    /// - Parameter parameters: What ``HeadFacts/workerParameters`` said at the head. They come over the network.
    func worker(lease: LeaseID, parameters: [String: String], in directory: String) throws -> DaemonPlan
}

/// What a head daemon has to say once it is ready.
public struct HeadFacts: Sendable {
    /// Sent to each worker with its lease.
    public let workerParameters: [String: String]
    /// For the user, in the status file.
    public let details: [(name: String, value: String)]

    public init(workerParameters: [String: String] = [:], details: [(name: String, value: String)] = []) {
        self.workerParameters = workerParameters
        self.details = details
    }
}

/// A process to run, and how to know that it is ready.
public struct DaemonPlan: Hashable, Sendable {
    /// Program and arguments.
    public let command: [String]
    /// The whole environment, but for what ``DaemonEnvironment`` allows of ours.
    public let environment: [String: String]
    public let ready: ReadyProbe

    public init(command: [String], environment: [String: String] = [:], ready: ReadyProbe) {
        self.command = command
        self.environment = environment
        self.ready = ready
    }
}

/// How to know that a daemon is ready.
public enum ReadyProbe: Hashable, Sendable {
    /// As soon as it runs.
    case started
    /// When a line of its output holds this text.
    case line(containing: String)
}

/// A recipe can't run its daemon here.
public struct RecipeError: Error, Hashable, Sendable, CustomStringConvertible {
    public let status: ExitStatus
    public let description: String

    public init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}
