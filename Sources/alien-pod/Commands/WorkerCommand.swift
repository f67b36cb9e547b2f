import ArgumentParser
import Foundation
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import UnixSignals

/// `alien-pod worker`: one slot of a master's.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run a worker for the master that a watcher found.",
        discussion: """
            The master is the one of --server-info, with the site's ticket, or that of a join file, which its session's \
            owner has made. Claims a slot, runs the daemon of the master's recipe, and ends with the session, with SIGTERM, or with the \
            process that started it, unless it is detached. A daemon that fails is started again 3 times. Each lease has a directory of its own, \
            of which the daemon's log is kept, as logs/LEASE.log.

            Exit codes: 0 the session, the JobAgent's time or the daemon's use ended; 64 wrong usage; 69 full or gone; \
            75 try later, or the daemon can't run here; 77 refused.
            """)

    @Option(help: "The server_info.json that the watcher wrote.")
    var serverInfo: String?

    @Option(help: "A join file: master, ticket and key in one; nobody else may read it.")
    var join: String?

    @Option(help: "The site's worker ticket, read again at each claim; for masters that take nobody without.")
    var ticketFile: String?

    @Option(help: "The key of that ticket; nobody else may read it.")
    var keyFile: String?

    @Option(help: "Where the daemon runs; made if it is not there. That of --server-info or --join if not given.")
    var directory: String?

    @Option(help: "A recipe that may run here; may be repeated. dask if not given.")
    var recipe: [String] = []

    @Option(help: "Ports for the daemon, as LOW-HIGH.")
    var ports = PortRange.standard

    @Option(
        name: .customLong("ttl"),
        help: """
            Seconds that the JobAgent has left, 1 to 31536000: the worker ends max(300 s, 5 %) and a random part of as \
            much before, at the half at the earliest. Without an end if not given.
            """)
    var timeToLive: Int?

    @Option(help: "Seconds, 1 to 31536000, after which a daemon that nobody uses ends the worker. Never if not given.")
    var idleTimeout: Int?

    @Flag(help: "Go on when the process that started the worker has ended.")
    var detached = false

    @OptionGroup(title: "Recipes")
    var recipes: Recipes

    /// How often a daemon that fails is started again.
    private static let restarts = 3

    func validate() throws {
        guard (self.serverInfo == nil) != (self.join == nil) else {
            throw ValidationError("expected one of --server-info and --join")
        }
        guard (self.ticketFile == nil) == (self.keyFile == nil) else {
            throw ValidationError("expected both of --ticket-file and --key-file, or none")
        }
        guard self.join == nil || self.ticketFile == nil else {
            throw ValidationError("expected no --ticket-file beside --join, which holds a ticket")
        }
    }

    func run() async throws {
        let end = try await CommandError.reporting { try await self.work() }
        CommandLog.printLine("worker ended: \(end.reason)")
        throw ExitCode(end.exitCode)
    }

    private func work() async throws -> WorkerService.End {
        let service = try self.service()
        let (requests, source) = AsyncStream<WorkerLifecycle.Event>.makeStream()
        let watching = Task { await self.watch(source) }
        defer { watching.cancel() }
        return try await service.run(requests: requests)
    }

    private func service() throws -> WorkerService {
        let file = self.join ?? self.serverInfo ?? ""
        let join = try self.join.map { try JoinFile(readingFile: $0) }
        let server = try join?.server() ?? ServerInfo(readingFile: file)
        guard server.sessionProtocol == .alienPoD1 else {
            throw RendezvousError(
                .data, "\(file): protocol \(server.sessionProtocol.rawValue) needs PoD's own worker")
        }
        let directory =
            self.directory.map { URL(fileURLWithPath: $0).path }
            ?? URL(fileURLWithPath: file).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let names = self.recipe.isEmpty ? ["dask"] : self.recipe
        var configuration = WorkerService.Configuration(server: server, directory: directory)
        configuration.credentials = join?.credentials
        if let ticketFile, let keyFile {
            configuration.credentials = try WorkerCredentials(ticketFile: ticketFile, keyFile: keyFile)
        }
        configuration.ports = try PortRange(parsing: self.ports).ports
        configuration.limits.restarts = Self.restarts
        configuration.limits.timeToLive = try self.timeToLive.map { try Self.seconds($0, "--ttl") }
        configuration.limits.stagger = .random(in: 0...1)
        configuration.idleTimeout = try self.idleTimeout.map { try Self.seconds($0, "--idle-timeout") }
        return WorkerService(
            configuration, recipes: try names.map { try self.recipes.named($0) }, log: CommandLog.logger("worker"))
    }

    private static func seconds(_ value: Int, _ option: String) throws -> Duration {
        guard (1...31_536_000).contains(value) else {
            throw CommandError(.usage, "\(option): expected 1 to 31536000 seconds, found \(value)")
        }
        return .seconds(value)
    }

    /// Signals, and the end of the process that started us: a JobAgent is killed without a word.
    private func watch(_ source: AsyncStream<WorkerLifecycle.Event>.Continuation) async {
        let parent = getppid()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) {
                    source.yield(.stopRequested(reason: "\(signal)"))
                }
            }
            group.addTask {
                while !self.detached, (try? await Task.sleep(for: .milliseconds(500))) != nil {
                    if getppid() != parent {
                        source.yield(.parentGone)
                        return
                    }
                }
            }
            await group.waitForAll()
        }
    }
}
