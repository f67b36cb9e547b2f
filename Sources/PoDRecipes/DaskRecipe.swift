import Foundation
public import PoDCore

/// Dask: a scheduler beside the master, and one worker process with one thread for each lease.
///
/// One thread, because ROOT's distributed RDataFrame refuses more. Everything speaks TLS and takes nobody who has no
/// certificate of the session; the scheduler's page listens on loopback.
public struct DaskRecipe: Recipe {
    public let name = "dask"
    public let authenticatesPeers = true
    private let environment: DaskEnvironment
    private let setup: DaemonSetup?
    private let memoryLimit: UInt64?

    /// - Parameters:
    ///   - environment: The Python that runs it.
    ///   - setup: Sourced before each daemon.
    ///   - memoryLimit: What the job was given for one worker, in bytes; `nil` when nobody said.
    public init(
        environment: DaskEnvironment = DaskEnvironment(), setup: DaemonSetup? = nil, memoryLimit: UInt64? = nil
    ) {
        self.environment = environment
        self.setup = setup
        self.memoryLimit = memoryLimit
    }

    public func prepare(progress: @Sendable (String) -> Void) async throws {
        try await self.environment.prepare(progress: progress)
    }

    public func survey() async throws -> String {
        guard self.environment.isMade else {
            return try await self.environment.surveyMaking()
        }
        let versions = try await self.versions().values
        for name in ["dask", "distributed"] where versions[name] == nil {
            throw RecipeError(.unavailable, "recipe dask: no \(name) in \(self.environment.python)")
        }
        let found = versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return "\(found.joined(separator: ", ")) in \(self.environment.python)"
    }

    public func versions() async throws -> Versions {
        try await DaskScript.versions(python: self.environment.python, setup: self.setup)
    }

    public func head(at site: DaemonSite) throws -> HeadPlan {
        let page: [String]
        var details = [("scheduler", Self.url(of: site.contact)), ("python", self.environment.python)]
        if let port = site.dashboardPort {
            page = ["--dashboard", "--dashboard-address", "127.0.0.1:\(port)"]
            details.append(("dashboard", "http://127.0.0.1:\(port)/status"))
        } else {
            page = ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
        }
        let daemon = try self.plan(
            ["scheduler", "--protocol", "tls", "--host", site.address.host, "--port", String(site.address.port)] + page,
            readyAt: "Scheduler at:", at: site)
        return HeadPlan(
            daemon: daemon, workerParameters: ["scheduler": Self.url(of: site.contact)], details: details)
    }

    public func worker(lease: LeaseID, parameters: [String: String], at site: DaemonSite) throws -> DaemonPlan {
        let scheduler = try Self.schedulerAddress(parameters["scheduler"])
        var arguments = [
            "worker", Self.url(of: scheduler), "--protocol", "tls",
            "--listen-address", Self.url(of: site.address), "--contact-address", Self.url(of: site.contact),
            "--nworkers", "1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--dashboard-address",
            "127.0.0.1:0", "--local-directory", site.directory, "--name", Self.workerName(lease),
            "--death-timeout", "60",
        ]
        if let bytes = MemoryLimit.daemon(job: self.memoryLimit, cgroups: MemoryLimit.ofThisProcess()) {
            arguments += ["--memory-limit", String(bytes)]
        }
        return try self.plan(arguments, readyAt: "Registered to:", at: site)
    }

    /// Tells the scheduler to move what the workers hold to others, and to end them.
    public func retire(_ leases: [LeaseID], at site: DaemonSite) async throws {
        try await DaskScript.retire(
            leases.map(Self.workerName), from: Self.url(of: site.address), python: self.environment.python,
            setup: self.setup, environment: DaskSecurity.environment(in: site.directory))
    }

    public func userLines(at site: DaemonSite) -> [String] {
        DaskSecurity.clientLines(scheduler: Self.url(of: site.contact), directory: site.directory)
    }

    /// A `Client()` without arguments is one of the session's.
    public func userEnvironment(at site: DaemonSite) -> [String: String] {
        DaskSecurity.environment(in: site.directory).merging(["DASK_SCHEDULER_ADDRESS": Self.url(of: site.contact)]) {
            $1
        }
    }

    private func plan(_ arguments: [String], readyAt text: String, at site: DaemonSite) throws -> DaemonPlan {
        guard let credentials = site.credentials else {
            throw RecipeError(.software, "recipe dask: no certificate of the session for \(site.directory)")
        }
        return DaemonPlan(
            command: [self.environment.python, "-m", "dask"] + arguments,
            environment: DaskSecurity.environment(in: site.directory).merging(Self.output) { $1 },
            files: credentials.files, ready: .line(containing: text)
        ).after(self.setup)
    }

    /// What comes over the network goes into a command line: nothing but an address passes.
    private static func schedulerAddress(_ text: String?) throws(RecipeError) -> Address {
        let prefix = "tls://"
        guard let text, text.hasPrefix(prefix) else {
            throw RecipeError(.data, "scheduler: expected tls://host:port, found \(ValueError.quoted(text ?? ""))")
        }
        do {
            return try Address(parsing: text.dropFirst(prefix.count))
        } catch {
            throw RecipeError(.data, "scheduler: \(error.description)")
        }
    }

    private static func url(of address: Address) -> String { "tls://\(address)" }

    private static func workerName(_ lease: LeaseID) -> String { "lease-\(lease)" }

    /// Lines as they come, without colours.
    private static let output = ["PYTHONUNBUFFERED": "1", "NO_COLOR": "1"]
}
