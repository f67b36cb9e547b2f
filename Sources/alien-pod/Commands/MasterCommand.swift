public import ArgumentParser
import Foundation
import Logging
import MonALISARepository
import PoDCore
import PoDRecipes
import PoDRendezvous
public import PoDSession
import PoDTickets
import ServiceLifecycle
import UnixSignals

/// `alien-pod master`: the head of a session.
struct MasterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master",
        abstract: "Run a master: a head daemon and the control port where workers claim slots.",
        discussion: """
            Writes what is to be advertised into its status file, for `alien-pod publish` or the Perl publisher. Workers \
            connect by TLS 1.3 and know the master by its key, whose thumbprint is advertised. With a ticket, the file \
            `ticket` of the state directory, advertisements are signed. SIGTERM ends the session: workers are told and the head daemon is \
            stopped.
            """)

    @Option(help: "The MasterJobId; ALIEN_PROC_ID of the environment if not given.")
    var jobID: String?

    @Option(name: [.long, .customShort("n")], help: "How many workers are wanted.")
    var workers: Int

    @Option(help: "How to run the analysis daemons: \(Recipes.names.joined(separator: ", ")).")
    var recipe = "dask"

    @Option(help: "Where the status file is written.")
    var statusFile: String

    @Option(help: "Where the head daemon runs; the status file's directory if not given.")
    var directory: String?

    @Option(help: "Ports for the control port, the head daemon and forwarded workers, as LOW-HIGH.")
    var ports = PortRange.standard

    @Option(help: "Where workers connect, as HOST or HOST:PORT; this machine's name if not given.")
    var advertise: String?

    @Option(help: "The network interface whose address is advertised, instead of --advertise.")
    var interface: String?

    @Option(
        help: """
            Which workers are reached by way of the master, that dial back to it: always, never, or with auto those \
            that it can't reach, and of daemons that can't tell their users apart all on other machines.
            """)
    var forward = ForwardingMode.auto

    @Flag(help: "Give Dask's scheduler its page with plots, on loopback.")
    var dashboard = false

    @Option(
        help: """
            What a master that is started again goes on with: its key, port, leases and workers. Nothing is kept if \
            not given.
            """)
    var stateDirectory: String?

    @Option(help: "The public key in base64 of a site whose workers' tickets count; may be repeated.")
    var trustedKey: [String] = []

    @Option(help: "A file with such keys, one a line, instead; # begins a comment.")
    var trustedKeysFile: String?

    @Option(help: "A file with thumbprints of keys that count no more, one a line; read again when it changes.")
    var revokedFile: String?

    @Flag(help: "Take workers that have no ticket: whoever reads the advertisement can become one.")
    var allowUnsignedWorkers = false

    @Option(help: "Seconds until the session ends; none if not given.")
    var ttl: Int?

    @Option(help: "Seconds after which a session ends whose workers compute nothing; none if not given.")
    var idleTimeout: Int?

    @Option(help: "Seconds between advertisements, 1 to 25.")
    var publishPeriod = 20

    @Option(
        help: """
            Base URL of the MonALISA repository, where the master looks when its advertisements become visible; \
            without it, --lag is all that is known.
            """)
    var repository: String?

    @Option(help: "How many seconds the repository is taken to be behind until that is seen, 0 to 300.")
    var lag = InvitationControl.Limits().assumedLag.inSeconds

    @Option(
        help: """
            The most checks a second that all watchers together may make; the search for how many there are begins \
            with it.
            """)
    var mostChecks = InvitationControl.Limits().mostChecksPerSecond

    @OptionGroup(title: "Recipes")
    var recipes: Recipes

    /// AliEn's longest TTL, in seconds.
    private static let longestTime = 86400

    func run() async throws {
        try await CommandError.reporting { try await self.serve() }
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
        guard (0...300).contains(self.lag) else {
            throw ValueError("--lag", found: String(self.lag), expected: "a number from 0 to 300")
        }
        for (name, value) in [("--ttl", self.ttl), ("--idle-timeout", self.idleTimeout)] {
            guard let value, !(60...Self.longestTime).contains(value) else { continue }
            throw ValueError(name, found: String(value), expected: "seconds from 60 to \(Self.longestTime)")
        }
        let state = try self.stateDirectory.map { try StateDirectory(path: $0) }
        let advertised = try AdvertisedHost(advertise: self.advertise, interface: self.interface)
        let directory =
            self.directory.map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: self.statusFile).deletingLastPathComponent()
        var configuration = MasterService.Configuration(
            masterJobID: try MasterJobID(parsing: id), workers: self.workers,
            identity: try state.map { try ChannelIdentity(try $0.sessionKey()) } ?? ChannelIdentity.ephemeral(),
            statusFile: self.statusFile, directory: directory.path)
        configuration.state = state
        configuration.ticket = try state?.sessionTicket()
        configuration.ticketFile = configuration.ticket == nil ? nil : state?.ticketPath
        configuration.trustedKeys =
            try self.trustedKeysFile.map { try KeyListFile.trustedKeys($0) }
            ?? TrustedKeys(parsing: self.trustedKey)
        configuration.revokedFile = self.revokedFile
        configuration.allowsUnsignedWorkers = self.allowUnsignedWorkers
        self.warn(isSigning: configuration.ticket != nil)
        configuration.lifetime = self.ttl.map { .seconds($0) }
        configuration.idle = self.idleTimeout.map { .seconds($0) }
        configuration.host = advertised.host
        configuration.advertisedPort = advertised.port
        configuration.ports = try PortRange(parsing: self.ports).ports
        configuration.forwarding = self.forward
        configuration.hasDashboard = self.dashboard
        configuration.repository = try self.repository.map { try RepositoryURL(parsing: $0) }
        configuration.invitationLimits.period = .seconds(self.publishPeriod)
        configuration.invitationLimits.assumedLag = .seconds(self.lag)
        configuration.invitationLimits.mostChecksPerSecond = self.mostChecks
        // A file that may not grow any more is an error of its write, not the end of the session.
        signal(SIGXFSZ, SIG_IGN)
        DescriptorLimit.raise()
        let log = CommandLog.logger("master")
        let recipe = try self.recipes.named(self.recipe, hasDashboard: self.dashboard)
        let service = MasterService(configuration, recipe: recipe, log: log) { status, address in
            let details = status.details.filter { !["recipe", "address"].contains($0.name) }
                .map { ", \($0.name) \($0.value)" }.joined()
            CommandLog.printLine("master \(status.masterJobID) at \(address), recipe \(recipe.name)\(details)")
        }
        let group = ServiceGroup(
            services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: CommandLog.quiet)
        try await CommandLog.unwrappingServiceError { try await group.run() }
    }
}

extension MasterCommand {
    private func warn(isSigning: Bool) {
        if !isSigning {
            CommandLog.complain("warning: no ticket: advertisements are unsigned, and few sites believe those")
        }
        if self.allowUnsignedWorkers {
            CommandLog.complain(
                "warning: workers are taken without a ticket: whoever reads the advertisement can become one")
        }
    }
}

extension ForwardingMode: ExpressibleByArgument {}
