import Foundation
import Logging
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import PoDTickets
import ServiceLifecycle

/// A master in this process, for the time of a test.
struct RunningMaster: Sendable {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let directory: URL
    let server: ServerInfo
    /// Ends it as SIGTERM does.
    let shutDown: @Sendable () async -> Void

    var statusFile: String { self.directory.appendingPathComponent("status.json").path }

    var status: MasterStatus? {
        guard case .status(let status)? = try? MasterStatusFile.read(self.statusFile) else { return nil }
        return status
    }

    /// How a master ended: without an error, or with this one.
    typealias End = Task<Void, any Error>

    /// Runs a master for the time of `body`, which gets it and its end.
    static func with<Result: Sendable>(
        _ recipe: any Recipe, workers: Int, configure: (inout MasterService.Configuration) -> Void = { _ in },
        _ body: @Sendable (RunningMaster, End) async throws -> Result
    ) async throws -> Result {
        try await TemporaryDirectory.with { directory in
            let (started, source) = AsyncStream<Address>.makeStream()
            let masterJobID = try MasterJobID(parsing: "77")
            let identity = try ChannelIdentity.ephemeral()
            var configuration = MasterService.Configuration(
                masterJobID: masterJobID, workers: workers, identity: identity,
                statusFile: directory.appendingPathComponent("status.json").path, directory: directory.path)
            configure(&configuration)
            let service = MasterService(configuration, recipe: recipe, log: Self.quiet) { _, address in
                source.yield(address)
            }
            let group = ServiceGroup(services: [service], logger: Self.quiet)
            let running = Task {
                defer { source.finish() }
                try await group.run()
            }
            guard let address = await started.first(where: { _ in true }) else {
                try await running.value
                throw TestKitError("the master ended before it had an address")
            }
            let master = RunningMaster(
                directory: directory,
                server: ServerInfo(
                    masterJobID: masterJobID, address: address, sessionProtocol: .alienPoD1, wanted: workers, share: 1,
                    key: try MasterKey(parsing: identity.thumbprint.description), reportedAt: 0, farm: "TEST"),
                shutDown: { await group.triggerGracefulShutdown() })
            do {
                let result = try await body(master, running)
                running.cancel()
                _ = await running.result
                return result
            } catch {
                running.cancel()
                _ = await running.result
                throw error
            }
        }
    }

    /// Runs a worker to its end, in a directory of its own.
    func worker(
        _ recipe: any Recipe, name: String, requests: AsyncStream<WorkerLifecycle.Event> = AsyncStream { $0.finish() }
    ) async throws -> WorkerService.End {
        let directory = self.directory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return try await WorkerService(
            WorkerService.Configuration(server: self.server, directory: directory.path), recipes: [recipe],
            log: Self.quiet
        ).run(requests: requests)
    }

    /// Waits until the master's status is as wanted.
    func eventually(_ what: String, _ isWanted: (MasterStatus) -> Bool) async throws {
        try await PoDTestKit.eventually(what) { self.status.map(isWanted) == true }
    }
}
