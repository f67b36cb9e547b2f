import AliEnSite
import ArgumentParser
import PoDCore
import PoDRendezvous

/// `alien-pod submit workers`: workers of a master that runs, as jobs.
struct SubmitWorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "Submit workers for a master that runs.",
        discussion: """
            Beside the JobAgents that find a master by themselves. The jobs know where the master is, by which key to \
            know it, and have a ticket of the session's own. Exit codes: 0 submitted; 64 wrong usage; 66 no session of this user's has that master; 69 submission \
            was refused, or the master has ended; 75 the master waits for its start, or another command is at work on the \
            session.
            """)

    @Option(help: "The master, by its MasterJobId; that of the session if not given.")
    var masterJobID: String?

    @Option(name: [.long, .customShort("s")], help: SessionArguments.sessionHelp)
    var session: String?

    @Option(name: [.long, .customShort("n")], help: "How many workers.")
    var count: Int

    @OptionGroup(title: "Where the jobs run")
    var place: BackendArguments

    @OptionGroup(title: "Recipes")
    var recipes: Recipes

    @Flag(help: "Show the script or job description and submit nothing.")
    var print = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await CommandError.reporting {
            let place = try self.sessionPlace()
            // Two at a time would give the same numbers.
            let files = self.print ? SessionFiles(watching: place) : try SessionFiles(place)
            var jobs = try SessionJobs(of: place)
            guard let job = jobs.master else {
                throw CommandError(.noInput, "session \(place.name) has no master")
            }
            let backend = try self.place.backend(standard: job.backend)
            try WorkerCount.check(self.count, "--count", from: 1, on: backend)
            guard let master = try await RunningMaster.find(jobs) else {
                throw try await Self.notRunning(job, of: place)
            }
            let plan = try WorkerPlan(
                for: master, try self.place.resources(of: backend, .worker), self.recipes, on: backend)
            let start = SessionStart(files, on: backend)
            if self.print {
                let request = start.request(plan, count: self.count, jobs)
                CommandLog.printText(try backend.document(of: request))
                return
            }
            let submitted = try await start.submitWorkers(plan, count: self.count, of: master, &jobs)
            if self.json {
                let ids = JSONValue.array(submitted.map { .string($0.id) })
                CommandLog.printLine(JSONValue.object([.init(name: "ids", value: ids)]).text)
            } else {
                let first = submitted.first?.id ?? ""
                let ids = submitted.count > 1 ? "jobs \(first) to \(submitted.last?.id ?? "")" : "job \(first)"
                CommandLog.printLine(
                    "\(self.count) \(self.count == 1 ? "worker" : "workers") of master \(master.masterJobID): \(ids)"
                )
            }
        }
    }

    private func sessionPlace() throws -> SessionPlace {
        guard let masterJobID else {
            return try SessionPlace.meant(by: self.session)
        }
        let id = try MasterJobID(parsing: masterJobID)
        guard self.session == nil else {
            throw CommandError(.usage, "expected --master-job-id or --session, found both")
        }
        for place in SessionPlace.submitted() {
            let jobs = try SessionJobs(of: place)
            if jobs.master?.id == id.description { return place }
            if case .status(let status) = try MasterStatusFile.read(place.statusFile), status.masterJobID == id {
                return place
            }
        }
        throw CommandError(
            .noInput, "no session of yours has master \(id); `alien-pod submit list` shows what there is")
    }

    private static func notRunning(_ job: SessionJobs.Job, of place: SessionPlace) async throws -> CommandError {
        let master = "the master of session \(place.name), job \(job.id) of \(job.backend)"
        return switch try await Backends.named(job.backend).state(of: job) {
        case .waiting(let reason):
            CommandError(.temporary, "\(master), waits\(reason.map { " (\($0))" } ?? ""); submit workers when it runs")
        case .running: CommandError(.temporary, "\(master), is starting; submit workers when it runs")
        case .ended(let reason):
            CommandError(.unavailable, "\(master), has ended\(reason.map { ": \($0)" } ?? "")")
        }
    }
}
