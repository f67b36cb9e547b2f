import ArgumentParser
import Foundation
import PoDCore
import PoDSession
import UnixSignals

/// `alien-pod up`: a whole session.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start a session: a master, its workers, and a connection to them.",
        discussion: """
            Starts a master, waits for it, starts the workers, waits until all are ready, leads ports of this machine to \
            the head daemon, and prints what `alien-pod connect` prints. All of it goes on in the background until \
            `alien-pod down`. The session has its files in ~/.alien-pod/sessions/NAME, the logs in logs/ there. What \
            fails is told with the end of its log, and nothing is left running then.
            """)

    @Argument(
        help: ArgumentHelp(
            "The session's name, or the path of a directory for it.",
            discussion: "\(SessionPlace.variable) of the environment if not given, else \(SessionPlace.standardName)."))
    var session: String?

    @Option(name: [.long, .customShort("n")], help: "How many workers, 0 to \(Self.mostWorkers).")
    var workers: Int

    @Option(help: "Where master and workers run: \(Backends.names.joined(separator: ", ")), which is this machine.")
    var backend = Backends.names[0]

    @Option(help: "How to run the analysis daemons: \(Recipes.names.joined(separator: ", ")).")
    var recipe = "dask"

    @Flag(help: "Give Dask's scheduler its page with plots.")
    var dashboard = false

    @Option(help: "Seconds until the session ends; none if not given.")
    var ttl: Int?

    @Option(help: "Seconds after which a session ends whose workers compute nothing; none if not given.")
    var idleTimeout: Int?

    @Flag(help: "Print one line of JSON, as `alien-pod connect --json` does.")
    var json = false

    @OptionGroup(title: "Recipes")
    var recipes: Recipes

    /// On one machine.
    private static let mostWorkers = 1000

    func validate() throws {
        guard (0...Self.mostWorkers).contains(self.workers) else {
            throw ValidationError("--workers: expected 0 to \(Self.mostWorkers), found \(self.workers)")
        }
    }

    func run() async throws {
        try await CommandError.reporting {
            let named = self.session ?? SessionPlace.ofEnvironment
            let place = try SessionPlace(parsing: named ?? SessionPlace.standardName)
            let backend = try Backends.named(self.backend)
            // What is wrong is told before anything is started.
            _ = try self.recipes.named(self.recipe)
            let files = try SessionFiles(place)
            try await self.makeRoom(files)
            let start = SessionStart(
                files: files, backend: backend, workers: self.workers, masterArguments: self.masterArguments,
                workerArguments: ["--recipe", self.recipe] + self.recipes.arguments)
            let report = try await self.run(start)
            CommandLog.tell("session \(place.name) is up")
            report.print(asJSON: self.json)
        }
    }

    private var masterArguments: [String] {
        var arguments = ["--recipe", self.recipe]
        if self.dashboard { arguments.append("--dashboard") }
        if let ttl { arguments += ["--ttl", String(ttl)] }
        if let idleTimeout { arguments += ["--idle-timeout", String(idleTimeout)] }
        return arguments + self.recipes.arguments
    }

    /// Removes what a session that has ended left behind.
    ///
    /// - Throws: ``CommandError`` while it runs.
    private func makeRoom(_ files: SessionFiles) async throws {
        let place = files.place
        var isUp = place.isRunning
        if FileManager.default.fileExists(atPath: SessionJobs.path(in: place)) {
            for job in try SessionJobs(of: place).jobs where !isUp {
                isUp = try await Backends.named(job.backend).state(of: job.id) == .running
            }
        }
        guard !isUp else {
            throw CommandError(
                .temporary, "session \(place.name) is up already; `alien-pod down \(place.name)` ends it")
        }
        files.clear()
    }

    /// Runs it to its end, and tidies up when it fails or is interrupted.
    private func run(_ start: SessionStart) async throws -> ConnectionReport {
        let work = Task { try await start.run() }
        let signals = Task {
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
                work.cancel()
            }
        }
        defer { signals.cancel() }
        do {
            return try await work.value
        } catch {
            CommandLog.tell("ending what was started")
            do {
                try await SessionEnd(files: start.files).run { _ in }
                start.files.clearKeepingLogs()
            } catch let failure as CommandError {
                // Not in the place of the first one.
                CommandLog.complain(failure.description)
            }
            guard !(error is CancellationError) else {
                throw CommandError(.temporary, "session \(start.files.place.name): interrupted")
            }
            throw error
        }
    }
}
