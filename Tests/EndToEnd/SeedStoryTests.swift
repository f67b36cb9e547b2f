import Foundation
import PoDCore
import PoDTestKit
import Testing

/// The document that the project came from, from its first sentence to its last, with real servers: slapd, Slurm, Perl,
/// Dask; only MonALISA is ours, and the JobAgent a stand-in.
@Suite(
    .timeLimit(.minutes(30)), .serialized,
    .enabled(if: SlurmCluster.canRun && AliEnDirectory.canRun, "Slurm or slapd is not installed"))
struct SeedStoryTests {
    @Test("settings, master on its CE, advertisement, JobAgents, workers, computation, silence, loss, replacement, end")
    func story() async throws {
        try await TemporaryDirectory.with { secrets in
            try await Products.withMonitor { udp, http in
                let keys = try await StoryKeys(in: secrets)
                var directory = AliEnDirectory()
                directory.organisation = [
                    ("podEnabled", "yes"), ("podCheckPeriod", "1"), ("podRunTime", "600"), ("podTrustedKey", keys.vo),
                    ("podTicketFile", keys.path("worker.ticket")), ("podKeyFile", keys.path("worker.pem")),
                    ("podMasterCe", "alice::\(AliEnDirectory.site)::\(SlurmCluster.masters)"), ("podMasterTtl", "3600"),
                ]
                directory.monaLisa = [("podMonalisaUrl", http)]
                directory.computingElement = [("podPublishPeriod", "2"), ("podIdleTimeout", "1800")]
                directory.furtherComputingElements = 1
                try await directory.run { ldap in
                    try await SlurmCluster.run { slurm in
                        try await SessionHome.with(slurm) { home in
                            let story = try SeedStory(home: home, repository: http, ldap: ldap.plain, keys: keys)
                            try await story.submitMaster(destination: udp)
                            try await story.run()
                        }
                    }
                }
            }
        }
    }
}

/// The keys and tickets of a VO, a user and the worker nodes.
private struct StoryKeys {
    let directory: URL
    let vo: String

    init(in directory: URL) async throws {
        self.directory = directory
        let path = { directory.appendingPathComponent($0).path }
        for name in ["vo.pem", "user.pem", "worker.pem"] {
            #expect(try await Products.run(["keys", "new", path(name)]).ending == .exited(code: 0))
        }
        self.vo = try #require(try await Products.run(["keys", "show", path("vo.pem")]).lines.first)
        for role in ["user", "worker"] {
            let issued = try await Products.run([
                "ticket", "issue", "--signing-key", path("vo.pem"), "--role", role, "--subject", "story",
                "--holder-key", path("\(role).pem"), "--lifetime", "1h",
            ])
            let text = try #require(issued.lines.first)
            try Data("\(text)\n".utf8).write(to: URL(fileURLWithPath: path("\(role).ticket")))
        }
    }

    func path(_ name: String) -> String { self.directory.appendingPathComponent(name).path }
}

private struct SeedStory {
    let home: SessionHome
    let repository: String
    let ldap: String
    let keys: StoryKeys
    private let agentEnvironment: [String: String]

    init(home: SessionHome, repository: String, ldap: String, keys: StoryKeys) throws {
        self.keys = keys
        self.home = home
        self.repository = repository
        self.ldap = ldap
        // Where an installed tree has its programs and modules.
        let bin = home.directory.appendingPathComponent("bin")
        try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: bin.appendingPathComponent("alien-pod").path, withDestinationPath: Products.alienPod)
        var environment = home.environment
        environment["PATH"] = "\(bin.path):\(environment["PATH"] ?? "")"
        let modules = home.directory.appendingPathComponent("lib")
        try FileManager.default.copyItem(at: Products.root.appendingPathComponent("perl/blib"), to: modules)
        environment["PERL5LIB"] = ["lib", "arch"].map { "\(modules.path)/\($0)" }.joined(separator: ":")
        self.agentEnvironment = environment
    }

    func submitMaster(destination: String) async throws {
        let submitted = try await self.home.run(
            [
                "submit", "master", "--workers", "2", "--backend", "slurm", "--ldap", self.ldap, "--base",
                AliEnDirectory.base, "--destination", destination, "--advertise", "127.0.0.1", "--user-key",
                self.keys.path("user.pem"), "--user-ticket", self.keys.path("user.ticket"), "--json",
            ], within: .seconds(300))
        #expect(submitted.ending == .exited(code: 0), "\(submitted.errors)")
        let partition = try await self.home.command(["squeue", "-h", "-o", "%P %j"])
        #expect(partition == ["\(SlurmCluster.masters) pod-default-master"])
    }

    func run() async throws {
        try await self.eventually("MonALISA shows a master who wants workers") { try await self.isAdvertised() }
        let directories = (1...4).map { self.home.directory.appendingPathComponent("agent-\($0)").path }
        for directory in directories {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        try await self.withAgents(directories[...]) { agents in
            try await self.eventually("two workers are registered") { try await self.registered() == 2 }
            let computed = try await self.home.run(
                ["connect", "--", "python", "-c", Self.analysis])
            #expect(computed.lines == ["285"], "\(computed.errors)")
            try await self.eventually("MonALISA shows no master who wants workers") { try await !self.isAdvertised() }

            let list = try await self.home.run(["workers", "list", "--json"])
            let workers = try JSONValue(parsing: Array(list.lines.joined().utf8))["workers"]?.array ?? []
            let one = try #require(workers.first?["lease"]?.string)
            let stopped = try await self.home.run(["workers", "stop", one])
            #expect(stopped.ending == .exited(code: 0), "\(stopped.errors)")
            try await self.eventually("it is gone") {
                let list = try await self.home.run(["workers", "list", "--json"]).lines.joined()
                return !list.contains("\"\(one)\"")
            }
            try await self.eventually("it is replaced") { try await self.registered() == 2 }

            let down = try await self.home.run(["down"])
            #expect(down.lines == ["session default is down"], "\(down.errors)")
            try await self.eventually("the workers have ended with the session") {
                try self.workersLeft(in: directories).isEmpty
            }
            for agent in agents {
                agent.send(signal: SIGTERM)
            }
        }
        #expect(try await self.home.command(["squeue", "-h"]) == [])
        #expect(self.home.allProcesses == [])
    }

    /// Runs JobAgents on an ordinary CE, each in its directory.
    private func withAgents(
        _ directories: ArraySlice<String>, _ agents: [ChildProcess] = [],
        _ body: ([ChildProcess]) async throws -> Void
    ) async throws {
        guard let directory = directories.first else { return try await body(agents) }
        let script = Products.root.appendingPathComponent("Tests/EndToEnd/Fixtures/jobagent.pl").path
        let arguments = [script, self.ldap, AliEnDirectory.base, AliEnDirectory.site, "CE0", directory]
        try await ChildProcess.run("perl", arguments: arguments, environment: self.agentEnvironment) { agent in
            try await self.withAgents(directories.dropFirst(), agents + [agent], body)
        }
    }

    private static let analysis = """
        from dask.distributed import Client
        client = Client()
        print(sum(client.gather(client.map(lambda x: x * x, range(10)))))
        """

    private func isAdvertised() async throws -> Bool {
        let watched = try await self.home.run(
            ["watch", "--repository", self.repository, "--once", "--trusted-key", self.keys.vo])
        return watched.ending == .exited(code: 0)
    }

    private func registered() async throws -> Int? {
        let status = try await self.home.run(["status", "--json"])
        return try JSONValue(parsing: Array(status.lines.joined().utf8))["session"]?["workers"]?["registered"]?
            .integer.map { Int($0) }
    }

    private func workersLeft(in directories: [String]) throws -> [String] {
        self.home.allProcesses.filter { process in
            let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            return directories.contains { line.range(of: Data("\($0)/".utf8)) != nil }
        }
    }

    private func eventually(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(500)
        while try await !isSo() {
            guard ContinuousClock.now < deadline else {
                let status = try await self.home.run(["status"])
                throw TestKitError("not within 500 s: \(what); \(status.lines) \(status.errors)")
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
