import AliEnSite
import ArgumentParser
import Foundation
import PoDCore
import PoDRendezvous

/// `alien-pod submit master`: a session's master as a job.
struct SubmitMasterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master",
        abstract: "Submit a session's master and wait until it runs.",
        discussion: """
            Makes the session's directory and key, submits a job that runs `alien-pod master` and the Perl publisher, \
            waits until the master runs, and says how to go on. Interrupted while it waits, it leaves the job as it is: \
            `alien-pod submit list` tells how that is, and `alien-pod down` ends it. Exit codes: 0 the master runs, or \
            with --no-wait is submitted; 64 wrong usage; 66 the CE has no entry in LDAP; 69 submission was refused, the \
            backend's commands are not here, or the master has ended; 75 the session is up already; 78 a setting or a \
            default is wrong.
            """)

    @Argument(
        help: ArgumentHelp(
            "The session's name, or the path of a directory for it.",
            discussion: "\(SessionPlace.variable) of the environment if not given, else \(SessionPlace.standardName)."))
    var session: String?

    @Option(name: [.long, .customShort("n")], help: "How many workers the master wants.")
    var workers = 1

    @OptionGroup var submission: MasterSubmission

    @Flag(help: "Show the script or job description and submit nothing.")
    var print = false

    @Flag(help: "Do not wait until the master runs.")
    var noWait = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await CommandError.reporting {
            let place = try SessionPlace.new(named: self.session)
            let backend = try self.submission.place.backend()
            try WorkerCount.check(self.workers, "--workers", from: 0, on: backend)
            let plan = try self.submission.plan(workers: self.workers, on: backend)
            if self.print {
                CommandLog.printText(try backend.document(of: try plan.request(for: place, on: backend)))
                return
            }
            if !self.noWait { try plan.checkRepository(on: backend) }
            let (job, jobs) = try await self.submit(plan, for: place, on: backend)
            if self.noWait {
                CommandLog.printLine(
                    self.json ? self.document(place, job, nil).text : "master of session \(place.name): job \(job.id)")
                return
            }
            CommandLog.tell("session \(place.name): the master is job \(job.id) of \(backend.name)")
            let master = try await SessionStart(SessionFiles(watching: place), on: backend).master(job, jobs)
            if self.json {
                CommandLog.printLine(self.document(place, job, master).text)
            } else {
                self.lines(place, master).forEach(CommandLog.printLine)
            }
        }
    }

    /// With nobody else at work on the session, until the job is written down.
    private func submit(
        _ plan: MasterPlan, for place: SessionPlace, on backend: any Backend
    ) async throws -> (SessionJobs.Job, SessionJobs) {
        let files = try SessionFiles(place)
        try await files.makeRoom()
        var jobs = try SessionJobs(none: place, repositories: plan.repositories)
        do {
            return (try await SessionStart(files, on: backend).submitMaster(plan, &jobs), jobs)
        } catch {
            files.removeAll()
            throw error
        }
    }

    private func document(_ place: SessionPlace, _ job: SessionJobs.Job, _ master: RunningMaster?) -> JSONValue {
        let running = master.map {
            [
                JSONValue.Member(name: "masterJobId", value: .string($0.masterJobID.description)),
                JSONValue.Member(name: "address", value: .string($0.address.description)),
            ]
        }
        return .object(
            [
                .init(name: "session", value: .string(place.name)),
                .init(name: "backend", value: .string(job.backend)),
                .init(name: "id", value: .string(job.id)),
            ] + (running ?? []))
    }

    private func lines(_ place: SessionPlace, _ master: RunningMaster) -> [String] {
        [
            "master \(master.masterJobID) runs at \(master.address)", "",
            "alien-pod submit workers --master-job-id \(master.masterJobID) --count N",
            "alien-pod status \(place.name)", "alien-pod connect \(place.name)", "alien-pod down \(place.name)",
        ]
    }
}
