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
            Claims a slot, runs the daemon of the master's recipe, and ends with the session, with SIGTERM, or with the \
            process that started it. Exit codes: 0 the session ended; 69 full or gone; 75 try later; 77 refused.
            """)

    @Option(help: "The server_info.json that the watcher wrote.")
    var serverInfo: String

    @Option(help: "Where the daemon runs; made if it is not there. The file's directory if not given.")
    var directory: String?

    @Option(help: "A recipe that may run here; may be repeated. dask if not given.")
    var recipe: [String] = []

    @Option(help: "Ports for the daemon, as LOW-HIGH.")
    var ports = PortRange.standard

    @OptionGroup(title: "Recipes")
    var recipes: Recipes

    func run() async throws {
        let end = try await CommandError.reporting { try await self.work() }
        CommandLog.printLine("worker ended: \(end.reason)")
        throw ExitCode(end.exitCode)
    }

    private func work() async throws -> WorkerService.End {
        let service = try self.service()
        let (requests, source) = AsyncStream<WorkerLifecycle.Event>.makeStream()
        let watching = Task { await Self.watch(source) }
        defer { watching.cancel() }
        return try await service.run(requests: requests)
    }

    private func service() throws -> WorkerService {
        let server = try ServerInfo(readingFile: self.serverInfo)
        guard server.sessionProtocol == .alienPoD1 else {
            throw RendezvousError(
                .data, "\(self.serverInfo): protocol \(server.sessionProtocol.rawValue) needs PoD's own worker")
        }
        let directory =
            self.directory.map { URL(fileURLWithPath: $0).path }
            ?? URL(fileURLWithPath: self.serverInfo).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let names = self.recipe.isEmpty ? ["dask"] : self.recipe
        var configuration = WorkerService.Configuration(server: server, directory: directory)
        configuration.ports = try PortRange(parsing: self.ports).ports
        return WorkerService(
            configuration, recipes: try names.map { try self.recipes.named($0) }, log: CommandLog.logger("worker"))
    }

    /// Signals, and the end of the process that started us: a JobAgent is killed without a word.
    private static func watch(_ source: AsyncStream<WorkerLifecycle.Event>.Continuation) async {
        let parent = getppid()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) {
                    source.yield(.stopRequested(reason: "\(signal)"))
                }
            }
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(500))) != nil {
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
