import Foundation
import MonALISARepository
import PoDCore
import PoDRecipes
import PoDRendezvous
import Subprocess
import SystemPackage

/// Everything that the demo has running, and what it hears of it.
actor DemoStage {
    /// How long any one thing may take to happen; a first installation of Dask takes minutes.
    private static let patience: Duration = .seconds(60)
    private static let installationPatience: Duration = .seconds(600)

    private let installation: Installation
    private let directory: String
    private let keys: DemoKeys
    private let screen: DemoScreen
    private let clock = ContinuousClock()
    private var processes: [BackgroundProcess] = []

    private var monitorUDP: String?
    private var monitorHTTP: String?
    /// The workers' process ids, by agent, and the agents that ever had one leased.
    private var runningWorkers: [Int: Int32] = [:]
    private var registeredAgents: Set<Int> = []
    private var tasksDone = 0
    private(set) var analysisResult: (histogram: Histogram, verifiedTasks: Int)?
    private var lastLines: [String: String] = [:]
    private var problems: [String] = []

    init(installation: Installation, directory: String, keys: DemoKeys, screen: DemoScreen) {
        self.installation = installation
        self.directory = directory
        self.keys = keys
        self.screen = screen
    }

    private var statusFile: String { "\(self.directory)/status.json" }

    // MARK: - Starting

    func startMonitor() async throws -> (udp: String, http: String) {
        self.start("monitor", Installation.alienPod, ["monitor", "--udp", "127.0.0.1:0", "--http", "127.0.0.1:0"])
        return try await self.wait(for: "the monitor") { () -> (udp: String, http: String)? in
            guard let udp = self.monitorUDP, let http = self.monitorHTTP else { return nil }
            return (udp, http)
        }
    }

    /// Between two checks of a JobAgent, in seconds.
    private static let checkPeriod = 2

    /// The master is told half of the checks that the agents make: it invites a few too many, which costs nothing here,
    /// and the viewer waits less.
    func startMaster(_ job: String, workers: Int, agents: Int, repository: String) throws {
        self.start(
            "master", Installation.alienPod,
            [
                "master", "--job-id", job, "--workers", String(workers), "--recipe", "dask", "--advertise", "127.0.0.1",
                "--status-file", self.statusFile, "--state-directory", self.keys.stateDirectory, "--trusted-key",
                self.keys.trustedKey, "--publish-period", String(Self.checkPeriod), "--repository",
                repository,
                "--lag", "1", "--most-checks",
                String(Double(agents) / Double(2 * Self.checkPeriod)),
            ])
    }

    func startPublisher(destination: String) throws {
        self.start(
            "publisher", self.installation.publisher,
            ["--status-file", self.statusFile, "--destination", destination])
    }

    func startAgents(_ count: Int, repository: String) throws {
        for agent in 1...count {
            self.start(
                "agent \(agent)", self.installation.jobAgent,
                [
                    "--repository", repository, "--directory", "\(self.directory)/agent-\(agent)", "--check-period",
                    String(Self.checkPeriod), "--run-time", "3600", "--trusted-key",
                    self.keys.trustedKey, "--ticket-file", self.keys.workerTicketFile, "--key-file",
                    self.keys.workerKeyFile, "--alien-pod", Installation.alienPodPath,
                ])
        }
    }

    /// - Parameter credentials: The directory of the certificate that makes the analysis a peer of the session.
    func startAnalysis(
        python: String, scheduler: String, credentials: String, tasks: Int, pairs: Int
    ) throws -> BackgroundProcess {
        let program = "\(self.directory)/analysis.py"
        try DemoAnalysis.program.write(toFile: program, atomically: true, encoding: .utf8)
        return self.start(
            "analysis", .path(FilePath(python)), [program, scheduler, String(tasks), String(pairs)],
            environment: .inherit.updating(
                Dictionary(
                    uniqueKeysWithValues: DaskSecurity.environment(in: credentials).map {
                        (Environment.Key(stringLiteral: $0.key), $0.value)
                    })))
    }

    @discardableResult
    private func start(
        _ name: String, _ executable: Executable, _ arguments: [String], environment: Environment = .inherit
    ) -> BackgroundProcess {
        let process = BackgroundProcess.start(name, executable, arguments, environment: environment) {
            await self.hear(name, $0)
        }
        self.processes.append(process)
        Task {
            if let status = try? await process.end(), status != .exited(0) {
                self.noticeEnd(of: name, status)
            }
        }
        return process
    }

    /// Stops everything, agents first: a master that ends under them would be looked for again.
    func clear() async {
        let agents = self.processes.filter { $0.name.hasPrefix("agent") || $0.name == "analysis" }
        let others = self.processes.filter { process in !agents.contains { $0.name == process.name } }
        for group in [agents, others] {
            await withDiscardingTaskGroup { tasks in
                for process in group {
                    tasks.addTask { await process.stop() }
                }
            }
        }
        self.processes = []
    }

    // MARK: - Hearing

    /// Nothing of ours ends badly by itself, unless something is wrong.
    private func noticeEnd(of name: String, _ status: TerminationStatus) {
        let lastWords = self.lastLines[name].map { ": \($0)" } ?? ""
        self.problems.append("\(name) ended with \(status)\(lastWords)")
    }

    private func hear(_ name: String, _ line: String) async {
        let words = line.split(separator: " ")
        self.lastLines[name] = line
        switch name {
        case "monitor":
            if words.count == 2, words[0] == "udp" { self.monitorUDP = String(words[1]) }
            if words.count == 2, words[0] == "http" { self.monitorHTTP = String(words[1]) }
        case "master":
            if line.contains("installing") {
                await self.screen.note(line)
            }
        case "analysis":
            self.hearAnalysis(line)
        case let agent where agent.hasPrefix("agent "):
            self.hearAgent(Int(agent.dropFirst("agent ".count)) ?? 0, words)
        default:
            break
        }
        if line.hasPrefix("alien-pod") {
            self.problems.append("\(name): \(line)")
        }
    }

    /// `HH:MM:SS PID PoD: worker N started for master ID`, `… PoD: worker N ended: exit code C`.
    private func hearAgent(_ agent: Int, _ words: [Substring]) {
        guard let index = words.firstIndex(of: "worker"), words.count > index + 2, let pid = Int32(words[index + 1])
        else { return }
        if words[index + 2] == "started" {
            self.runningWorkers[agent] = pid
            self.registeredAgents.insert(agent)
        } else if words[index + 2].hasPrefix("ended") {
            self.runningWorkers.removeValue(forKey: agent)
            if words.suffix(3) == ["exit", "code", "69"] {
                self.registeredAgents.remove(agent)
            }
        }
    }

    private func hearAnalysis(_ line: String) {
        guard let document = try? JSONValue(parsing: Array(line.utf8)) else { return }
        if let done = document["done"]?.integer {
            self.tasksDone = Int(done)
        }
        if let edges = document["edges"]?.array, let counts = document["counts"]?.array,
            let low = edges.first?.number, let high = edges.last?.number
        {
            self.analysisResult = (
                Histogram(low: low, high: high, counts: counts.map { Int($0.integer ?? 0) }),
                Int(document["verified"]?.integer ?? 0)
            )
        }
    }

    // MARK: - Waiting

    var agentsWithoutWorker: Int {
        self.processes.count { $0.name.hasPrefix("agent ") } - self.registeredAgents.count
    }

    func status(where isReached: @escaping (MasterStatus) -> Bool) async throws -> MasterStatus {
        try await self.wait(for: "the master", patience: Self.installationPatience) { () -> MasterStatus? in
            guard case .status(let status)? = try? MasterStatusFile.read(self.statusFile), isReached(status) else {
                return nil
            }
            return status
        }
    }

    /// Waits until the repository shows the master with such a `Wanted`.
    func advertised(at repository: String, where isReached: @escaping (Int) -> Bool) async throws {
        let url = try RepositoryURL(parsing: repository)
        let query = try RepositoryQuery(
            cluster: Advertisement.cluster, window: .advertisements,
            parameters: ["Wanted"])
        let fetch = HTTPFetch()
        _ = try await self.wait(for: "the advertisement") { () -> Int? in
            guard let answer = try? RepositoryAnswer(try fetch.get(query.url(at: url), accept: "application/json")),
                let row = answer.rows.first, let wanted = Int(answer.value(of: row)), isReached(wanted)
            else { return nil }
            return wanted
        }
    }

    var lastAnalysisLine: String { self.lastLines["analysis"] ?? "no output" }

    func analysis(hasDone count: Int) async throws {
        _ = try await self.wait(for: "the analysis") { self.tasksDone >= count ? self.tasksDone : nil }
    }

    /// SIGKILL, without a word to anybody.
    func killOneWorker() throws -> Int32 {
        guard let victim = self.runningWorkers.sorted(by: { $0.key < $1.key }).first?.value else {
            throw CommandError(.software, "no worker to kill")
        }
        kill(victim, SIGKILL)
        return victim
    }

    private func wait<Value>(
        for what: String, patience: Duration = DemoStage.patience, _ value: () -> Value?
    ) async throws -> Value {
        let deadline = self.clock.now + patience
        while self.clock.now < deadline {
            if let value = value() {
                return value
            }
            if let problem = self.problems.first {
                throw CommandError(.unavailable, problem)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw CommandError(.unavailable, "nothing was heard of \(what) for \(patience.components.seconds) s")
    }
}
