import Foundation
import Logging
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import PoDTickets
import ServiceLifecycle

extension WorkerAdmission {
    /// Takes workers without a ticket.
    static func anybody() throws -> WorkerAdmission {
        try WorkerAdmission(
            trusting: .none, session: try SigningKey(seed: Array(repeating: 99, count: 32)).publicKey,
            allowsUnsigned: true)
    }
}

/// A master in this process, for the time of a test.
struct RunningMaster: Sendable {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let directory: URL
    let server: ServerInfo
    let statusFile: String
    /// Where it is asked; not to be read in the status file while that can't be written.
    let adminSocket: String
    /// Ends it as SIGTERM does.
    let shutDown: @Sendable () async -> Void

    var status: MasterStatus? {
        guard case .status(let status)? = try? MasterStatusFile.read(self.statusFile) else { return nil }
        return status
    }

    /// How a master ended: without an error, or with this one.
    typealias End = Task<Void, any Error>

    /// Runs a master for the time of `body`, which gets it and its end.
    static func with<Result: Sendable>(
        _ recipe: any Recipe, workers: Int, configure: (inout MasterService.Configuration) throws -> Void = { _ in },
        _ body: @Sendable (RunningMaster, End) async throws -> Result
    ) async throws -> Result {
        try await TemporaryDirectory.with { directory in
            let (started, source) = AsyncStream<(MasterStatus, Address)>.makeStream()
            let masterJobID = try MasterJobID(parsing: "77")
            var configuration = MasterService.Configuration(
                masterJobID: masterJobID, workers: workers, identity: try ChannelIdentity.ephemeral(),
                statusFile: directory.appendingPathComponent("status.json").path, directory: directory.path)
            configuration.allowsUnsignedWorkers = true
            // That a connection without a claim is closed has tests of its own.
            configuration.claimTimeout = .patience
            try configure(&configuration)
            let identity = configuration.identity
            let service = MasterService(configuration, recipe: recipe, log: Self.quiet) { source.yield(($0, $1)) }
            let group = ServiceGroup(services: [service], logger: Self.quiet)
            let running = Task {
                defer { source.finish() }
                try await group.run()
            }
            guard let (status, address) = await started.first(where: { _ in true }) else {
                try await running.value
                throw TestKitError("the master ended before it had an address")
            }
            let master = RunningMaster(
                directory: directory,
                server: ServerInfo(
                    masterJobID: masterJobID, address: address, sessionProtocol: .alienPoD1, wanted: workers, share: 1,
                    key: try MasterKey(parsing: identity.thumbprint.description), reportedAt: 0, farm: "TEST"),
                statusFile: configuration.statusFile,
                adminSocket: status.details.first { $0.name == AdminSocket.detailName }?.value ?? "",
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
        _ recipe: any Recipe, name: String, requests: AsyncStream<WorkerLifecycle.Event> = AsyncStream { $0.finish() },
        configure: (inout WorkerService.Configuration) -> Void = { _ in }
    ) async throws -> WorkerService.End {
        let directory = self.directory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var configuration = WorkerService.Configuration(server: self.server, directory: directory.path)
        configure(&configuration)
        return try await WorkerService(configuration, recipes: [recipe], log: Self.quiet).run(requests: requests)
    }

    /// What the master answers to its user, however busy this machine is.
    func ask(_ request: AdminRequest) async throws -> AdminAnswer {
        try await AdminClient.ask(request, at: .socket(self.adminSocket), within: .seconds(60))
    }

    /// What the user is told went wrong, the newest last.
    func problems() async throws -> [String] {
        let answer = try await self.ask(.status)
        guard case .done(let view) = answer else { return [] }
        return (view["problems"]?.array ?? []).compactMap { $0["reason"]?.string }
    }

    /// What the user is told of the workers.
    func workers() async throws -> [WorkerView] {
        let answer = try await self.ask(.list)
        guard case .done(let list) = answer else { return [] }
        return try (list["workers"]?.array ?? []).map { try WorkerView(document: $0) }
    }

    /// Waits until the user is told of a problem whose reason begins so.
    func eventually(tells reason: String) async throws {
        try await PoDTestKit.eventually("the user is told that \(reason)") {
            try await self.problems().contains { $0.hasPrefix(reason) }
        }
    }

    /// Waits until the master's status is as wanted.
    func eventually(_ what: String, _ isWanted: (MasterStatus) -> Bool) async throws {
        try await PoDTestKit.eventually(what) { self.status.map(isWanted) == true }
    }
}
