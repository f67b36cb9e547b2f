import ArgumentParser
import Foundation
import Logging
import MonALISARepository
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import ServiceLifecycle
import UnixSignals

/// `alien-pod master`: the head of a session.
struct MasterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master",
        abstract: "Run a master: a head daemon and the control port where workers claim slots.",
        discussion: """
            Writes what is to be advertised into its status file, for `alien-pod publish` or the Perl publisher. The \
            control port listens on loopback only. SIGTERM ends the session: workers are told and the head daemon is \
            stopped.
            """)

    @Option(help: "The MasterJobId; ALIEN_PROC_ID of the environment if not given.")
    var jobID: String?

    @Option(name: [.long, .customShort("n")], help: "How many workers are wanted.")
    var workers: Int

    @Option(help: "How to run the analysis daemons: dask or command.")
    var recipe = "dask"

    @Option(help: "Where the status file is written.")
    var statusFile: String

    @Option(help: "Where the head daemon runs; the status file's directory if not given.")
    var directory: String?

    @Option(help: "Ports to try for the control port, as LOW-HIGH; any free one if not given.")
    var ports: String?

    @Option(help: "The host that is advertised; loopback only, until the control port has TLS.")
    var advertise: String = "127.0.0.1"

    @Option(help: "Seconds between advertisements, 1 to 25.")
    var publishPeriod = 20

    @Option(
        help: """
            Base URL of the MonALISA repository, where the master looks when its advertisement becomes visible; \
            without it, that is taken to be 10 s later.
            """)
    var repository: String?

    @Option(
        help: """
            The most checks a second that all watchers together may make; the search for how many there are begins \
            with it.
            """)
    var mostChecks = InvitationControl.Limits().mostChecksPerSecond

    @Option(parsing: .upToNextOption, help: "The command line of recipe command.")
    var command: [String] = []

    func run() async throws {
        do {
            try await self.serve()
        } catch let error as RendezvousError {
            throw CommandError(error.status, error.description).reported()
        } catch let error as RecipeError {
            throw CommandError(error.status, error.description).reported()
        } catch let error as ValueError {
            throw CommandError(.usage, error.description).reported()
        }
    }

    private func serve() async throws {
        guard let id = self.jobID ?? ProcessInfo.processInfo.environment["ALIEN_PROC_ID"] else {
            throw ValueError("MasterJobId", "expected --job-id, or ALIEN_PROC_ID in the environment")
        }
        guard (0...Advertisement.mostWanted).contains(self.workers) else {
            throw ValueError(
                "--workers", found: String(self.workers), expected: "a number from 0 to \(Advertisement.mostWanted)")
        }
        guard (1...25).contains(self.publishPeriod) else {
            throw ValueError("--publish-period", found: String(self.publishPeriod), expected: "a number from 1 to 25")
        }
        guard self.mostChecks > 0, self.mostChecks <= 1e9 else {
            throw ValueError("--most-checks", found: String(self.mostChecks), expected: "a number above 0, to 1e9")
        }
        guard ["127.0.0.1", "localhost"].contains(self.advertise) else {
            throw ValueError(
                "--advertise", found: self.advertise, expected: "127.0.0.1: the control port has no TLS yet")
        }
        let directory =
            self.directory ?? URL(fileURLWithPath: self.statusFile).deletingLastPathComponent().path
        var configuration = MasterService.Configuration(
            masterJobID: try MasterJobID(parsing: id), workers: self.workers, statusFile: self.statusFile,
            directory: directory)
        configuration.ports = try self.ports.map { try PortRange(parsing: $0).ports }
        configuration.repository = try self.repository.map { try RepositoryURL(parsing: $0) }
        configuration.invitationLimits.period = .seconds(self.publishPeriod)
        configuration.invitationLimits.mostChecksPerSecond = self.mostChecks
        let log = CommandLog.logger("master")
        let recipe = try Recipes.named(self.recipe, command: self.command)
        let service = MasterService(configuration, recipe: recipe, log: log) { status, address in
            let details = status.details.map { ", \($0.name) \($0.value)" }.joined()
            CommandLog.printLine("master \(status.masterJobID) at \(address), recipe \(recipe.name)\(details)")
        }
        let group = ServiceGroup(
            services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: CommandLog.quiet)
        try await CommandLog.unwrappingServiceError { try await group.run() }
    }
}
