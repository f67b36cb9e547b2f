import AliEnSite
import ArgumentParser
import Foundation
import MonALISARepository
import PoDCore
import PoDRendezvous

/// `alien-pod doctor`: whether a master, a worker, a watcher could do their work from here, and what is in the way.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check this machine, LDAP and the way through MonALISA.",
        discussion: """
            With a repository and a destination it sends a canary (cluster PoD_Test) and reads it back, which names the hop \
            that lost it. What is not named is taken from the settings, as an AliEn site has them, or skipped. Exit codes: \
            0 nothing failed; 64 a wrong argument; else that of the first check that failed, such as 66 no entry in LDAP, \
            69 something is away, 77 refused, 78 a setting is wrong.
            """)

    @Option(help: "Base URL of a MonALISA repository; podMonalisaUrl if not given. Each of several is checked.")
    var repository: [String] = []

    @Option(
        help: """
            A MonALISA service as HOST[:PORT], or an ApMon configuration file or URL; may be repeated. APMON_CONFIG of \
            the environment if not given.
            """)
    var destination: [String] = []

    @Option(help: "Seconds that the canary may take to the repository, 0 to 3600.")
    var wait: Int = 60

    @Option(help: "A master's ports, as LOW-HIGH; podMasterPorts if not given.")
    var ports: String?

    @Option(help: "A recipe whose daemon is to start here; may be repeated. dask if not given.")
    var recipe: [String] = []

    @OptionGroup var recipes: Recipes

    @Option(help: "The perl that is to load AliEn::PoD, such as AliEn's own.")
    var perl: String = "perl"

    @OptionGroup var directory: DirectoryArguments

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (0...3600).contains(self.wait) else {
            throw ValidationError("--wait: expected 0 to 3600, found \(self.wait)")
        }
    }

    func run() async throws {
        let examination = try await CommandError.reporting { try await self.examine() }
        if self.json {
            print(examination.document.text)
        }
        if let status = examination.status {
            throw ExitCode(status.rawValue)
        }
    }

    /// Arguments first, all of them: a wrong one is no finding.
    private func examine() async throws -> Examination {
        let environment = ProcessInfo.processInfo.environment
        let location = try self.directory.location(environment)
        let ports = try self.ports.map { try PortRange(parsing: $0) }
        let repositories = try self.repository.map { try RepositoryURL(parsing: $0) }
        let fallback = environment["APMON_CONFIG"].map { [$0] } ?? []
        let destinations = self.destination.isEmpty ? fallback : self.destination
        let publisher = Publisher()
        for destination in destinations {
            try publisher.settings.set("destination", destination)
        }
        let recipes = try (self.recipe.isEmpty ? ["dask"] : self.recipe).map { try self.recipes.named($0) }

        var examination = Examination()
        func report(_ name: String, _ finding: Finding) {
            examination.record(name, finding)
            if !self.json {
                examination.lastLines.forEach { CommandLog.printLine($0) }
            }
        }
        let (finding, settings) = SettingsCheck(location: location, environment: environment).run()
        report("settings", finding)

        var checks: [any Check] = [
            PerlCheck(perl: self.perl, modules: (try? Installation())?.modules ?? []),
            PortCheck(ports: try ports?.ports ?? Self.ports(of: settings)),
        ]
        checks += recipes.map { RecipeCheck(recipe: $0) }
        let urls = repositories.isEmpty ? Self.repositories(of: settings) : repositories
        checks += urls.map { RepositoryCheck(repository: $0) }
        for check in checks {
            report(check.name, await check.run())
        }
        if urls.isEmpty {
            report("repository", .skipped("none is named (--repository, or podMonalisaUrl in LDAP)"))
        }
        if urls.isEmpty || destinations.isEmpty {
            report("canary", .skipped("it takes a repository and a --destination (or APMON_CONFIG)"))
            return examination
        }
        for url in urls {
            let canary = CanaryCheck(
                publisher: publisher, repository: url, patience: .seconds(self.wait),
                host: ProcessInfo.processInfo.hostName)
            report(canary.name, await canary.run())
        }
        return examination
    }

    /// A bad setting was reported already.
    private static func ports(of settings: ResolvedSettings) throws -> ClosedRange<UInt16> {
        let values = (try? settings.values(of: .masterPorts)) ?? []
        return try PortRange(parsing: values.first ?? PortRange.standard).ports
    }

    private static func repositories(of settings: ResolvedSettings) -> [RepositoryURL] {
        ((try? settings.values(of: .monalisaUrl)) ?? []).compactMap { try? RepositoryURL(parsing: $0) }
    }
}
