public import Logging
import NIOCore
import NIOPosix
public import PoDCore
public import PoDRecipes
public import PoDRendezvous

/// A worker: claims a slot of the master that was found, runs the daemon of the lease, and ends with either.
public struct WorkerService: Sendable {
    public struct Configuration: Sendable {
        public var server: ServerInfo
        /// By what it proves that it may work; `nil` for a master that takes anybody.
        public var credentials: WorkerCredentials?
        /// An absolute path: the daemon runs in a directory of the lease below it, and its log is kept there.
        public var directory: String
        /// Ports for the daemon to choose from.
        public var ports: ClosedRange<UInt16> = MasterService.defaultPorts
        public var limits = WorkerLifecycle.Limits()
        /// A daemon that is not used for so long ends the worker; `nil` for never.
        public var idleTimeout: Duration?

        public init(server: ServerInfo, directory: String) {
            self.server = server
            self.directory = directory
        }
    }

    /// How a worker ended: its exit code, for the watcher, and why.
    public struct End: Hashable, Sendable {
        public let exitCode: Int32
        public let reason: String

        public init(exitCode: Int32, reason: String) {
            self.exitCode = exitCode
            self.reason = reason
        }
    }

    private let configuration: Configuration
    /// The recipes that may run here, by name.
    private let recipes: [String: any Recipe]
    private let log: Logger

    public init(_ configuration: Configuration, recipes: [any Recipe], log: Logger) {
        self.configuration = configuration
        self.recipes = Dictionary(recipes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.log = log
    }

    /// Runs to its end.
    ///
    /// - Parameter requests: What the process is told from outside, such as a signal.
    ///
    /// - Throws: ``SessionError`` when the master's key isn't known, or there is none to be had for the worker.
    public func run(requests: AsyncStream<WorkerLifecycle.Event>) async throws -> End {
        let (events, source) = AsyncStream<WorkerInput>.makeStream()
        let host = try WorkerShell(
            configuration: self.configuration, recipes: self.recipes, log: self.log, source: source)
        return await withTaskGroup(of: Void.self, returning: End.self) { group in
            group.addTask {
                for await request in requests {
                    source.yield(.event(request))
                }
            }
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(100))) != nil {
                    source.yield(.event(.tick))
                }
            }
            defer { group.cancelAll() }
            return await host.run(events)
        }
    }
}

/// What comes to a worker: an event of its life, the lease that names what to run, or a question.
enum WorkerInput: Sendable {
    case event(WorkerLifecycle.Event)
    case lease(LeaseID, LeaseTerms)
    /// The master asks for the last lines of the daemon's log.
    case logs(request: UInt64, lines: Int)
    /// The master has a connection for the daemon.
    case dial(StreamSecret)
}
