import AliEnSite
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
            Submits a master, waits for it, submits the workers, waits until they are ready (on this machine all, of \
            another backend the first), leads ports of this machine to the head daemon, and prints what \
            `alien-pod connect` prints. All of it goes on in the background until `alien-pod down`. The session has its \
            files in ~/.alien-pod/sessions/NAME, the logs in logs/ there. What fails is told with the end of its log, \
            and nothing is left running then.
            """)

    @Argument(
        help: ArgumentHelp(
            "The session's name, or the path of a directory for it.",
            discussion: "\(SessionPlace.variable) of the environment if not given, else \(SessionPlace.standardName)."))
    var session: String?

    @Option(name: [.long, .customShort("n")], help: "How many workers, 0 to 1000 on this machine, to 10000 elsewhere.")
    var workers: Int

    @OptionGroup var submission: MasterSubmission

    @Flag(help: "Print one line of JSON, as `alien-pod connect --json` does.")
    var json = false

    func run() async throws {
        try await CommandError.reporting {
            let place = try SessionPlace.new(named: self.session)
            var submission = self.submission
            let backend = try submission.place.backend()
            try WorkerCount.check(self.workers, "--workers", from: 0, on: backend)
            // Nobody but this machine takes part.
            if backend.isThisMachine { submission.master.advertise = submission.master.advertise ?? "127.0.0.1" }
            let plan = try submission.plan(workers: self.workers, on: backend)
            let resources = try submission.place.resources(of: backend, .worker)
            // What the backend refuses is told before anything is started.
            _ = try backend.document(of: try plan.request(for: place, on: backend))
            try plan.checkRepository(on: backend)
            let files = try SessionFiles(place)
            try await files.makeRoom()
            let recipes = submission.master.recipes
            let report = try await Self.tidyingUp(files) {
                let start = SessionStart(files, on: backend)
                var jobs = try SessionJobs(none: place, repositories: plan.repositories)
                CommandLog.tell("starting the master")
                let job = try await start.submitMaster(plan, &jobs)
                let master = try await start.master(job, jobs)
                if self.workers > 0 {
                    CommandLog.tell("starting \(self.workers) \(self.workers == 1 ? "worker" : "workers")")
                    let workers = try WorkerPlan(for: master, resources, recipes, on: backend)
                    try await start.submitWorkers(workers, count: self.workers, of: master, &jobs)
                    // The rest of a batch system's join as it starts them.
                    try await start.registration(of: backend.isThisMachine ? self.workers : 1, jobs)
                }
                return try await start.connection(to: master, &jobs)
            }
            CommandLog.tell("session \(place.name) is up")
            report.print(asJSON: self.json)
        }
    }

    /// Runs it to its end, and tidies up when it fails or is interrupted.
    private static func tidyingUp(
        _ files: SessionFiles, _ start: @escaping @Sendable () async throws -> ConnectionReport
    ) async throws -> ConnectionReport {
        let work = Task { try await start() }
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
                try await SessionEnd(files: files).run { _ in }
                files.clearKeepingLogs()
            } catch let failure as CommandError {
                // Not in the place of the first one.
                CommandLog.complain(failure.description)
            }
            guard !(error is CancellationError) else {
                throw CommandError(.temporary, "session \(files.place.name): interrupted")
            }
            throw error
        }
    }
}
