import AliEnSite
import Foundation
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTickets

/// The jobs of a session as they are submitted, by `alien-pod up` and `alien-pod submit`.
struct SessionStart {
    let files: SessionFiles
    let backend: any Backend
    /// Ports of this machine are for this machine's user, wherever the rest runs.
    private let here: any Backend = LocalBackend()

    private var place: SessionPlace { self.files.place }

    init(_ files: SessionFiles, on backend: any Backend) {
        self.files = files
        self.backend = backend
    }

    // MARK: - Submitting

    /// Makes the session's directory and key, and submits its master.
    ///
    /// - Returns: The master's job, the first of the session's.
    func submitMaster(_ plan: MasterPlan, _ jobs: inout SessionJobs) async throws -> SessionJobs.Job {
        try self.files.prepare()
        try self.makeState(plan)
        let request = try plan.request(for: self.place, on: self.backend)
        return try await self.submit(request, on: self.backend, &jobs)[0]
    }

    /// Makes the key that makes the session's owner, whom the master knows by it, and its ticket; the directory is the
    /// master's then.
    private func makeState(_ plan: MasterPlan) throws {
        let state = try StateDirectory(path: self.place.stateDirectory)
        let key = try state.sessionKey()
        if !self.backend.sharesFiles {
            // What certifies users and workers: a master makes it itself where the user's machine sees what it made.
            let authority = try SessionAuthority(now: Date(), lifetime: MasterService.certificateLifetime)
            try state.store(authority: authority.files)
        }
        if let owner = plan.owner {
            try state.store(try owner.ticket(for: key.publicKey, lifetime: plan.lifetime))
        }
        if !plan.revoked.isEmpty {
            try state.store(revoked: plan.revoked)
        }
    }

    /// Submits workers with a join file of their own: they know the master by the session's key, which has signed their
    /// ticket, and need no advertisement.
    ///
    /// - Returns: What is known of them.
    @discardableResult
    func submitWorkers(
        _ plan: WorkerPlan, count: Int, of master: RunningMaster, _ jobs: inout SessionJobs
    ) async throws -> [SessionJobs.Job] {
        guard count > 0 else { return [] }
        let join = try JoinFile(
            sessionKey: try KeptSession(readingDirectory: self.place.stateDirectory).key,
            masterJobID: master.masterJobID, address: master.address, workers: count, lifetime: Self.joinTime)
        let request = self.request(plan, count: count, jobs)
        try join.write(
            to: try PrivateDirectory(path: "\(self.place.directory)/\(WorkerPlan.joinDirectory)"),
            named: WorkerPlan.joinFileName(of: request.numbers))
        return try await self.submit(request, on: self.backend, &jobs)
    }

    /// The longest that workers may wait for their start, in seconds.
    private static let joinTime: Int64 = 7 * 86400

    /// What ``submitWorkers(_:count:of:_:)`` submits.
    func request(_ plan: WorkerPlan, count: Int, _ jobs: SessionJobs) -> JobRequest {
        plan.request(for: self.place, on: self.backend, numbers: jobs.nextWorker...(jobs.nextWorker + count - 1))
    }

    @discardableResult
    private func submit(
        _ request: JobRequest, on backend: any Backend, _ jobs: inout SessionJobs
    ) async throws -> [SessionJobs.Job] {
        let ids = try await backend.submit(request)
        let first = request.numbers.lowerBound
        let all = request.numbers.count
        let submitted =
            ids.count == all
            ? zip(request.numbers, ids).map { self.job(request, $1, backend, number: $0, count: 1) }
            : ids.map { self.job(request, $0, backend, number: first, count: all) }
        try jobs.add(submitted)
        return submitted
    }

    private func job(
        _ request: JobRequest, _ id: String, _ backend: any Backend, number: Int, count: Int
    ) -> SessionJobs.Job {
        SessionJobs.Job(
            kind: request.kind, backend: backend.name, id: id, name: request.name(of: number), count: count)
    }

    // MARK: - Waiting

    /// Files here can be looked at often; MonALISA and a master far away, every few seconds.
    private var look: Duration { self.backend.sharesFiles ? .milliseconds(100) : .seconds(5) }

    /// Waits for the master, and shows what it says meanwhile: a first installation takes minutes.
    ///
    /// - Throws: ``CommandError`` with the last lines of its log when it ends.
    func master(_ job: SessionJobs.Job, _ jobs: SessionJobs) async throws -> RunningMaster {
        var log = LogFollower(self.files.logPath(of: job.name))
        var watch = JobWatch(self.backend)
        while true {
            if let master = try await RunningMaster.find(jobs) {
                return master
            }
            log.newLines().filter { $0.contains(" master: ") }.forEach(CommandLog.tell)
            try await self.check(&watch, [job])
            try await Task.sleep(for: self.look)
        }
    }

    /// Waits until so many workers are ready.
    ///
    /// - Throws: ``CommandError`` with the last lines of its log when the job of the master or of a worker ends.
    func registration(of count: Int, _ jobs: SessionJobs) async throws {
        var told = 0
        var watch = JobWatch(self.backend)
        while told < count {
            try await self.check(&watch, jobs.jobs.filter { $0.kind != .connection })
            if let master = try await RunningMaster.find(jobs), master.workers.registered > told {
                told = master.workers.registered
                CommandLog.tell("\(told) of \(master.workers.wanted) workers are ready")
            }
            try await Task.sleep(for: self.look)
        }
    }

    /// Leads ports of this machine to the head daemon; none where it has no ports for users.
    func connection(to master: RunningMaster, _ jobs: inout SessionJobs) async throws -> ConnectionReport {
        guard master.hasUserPorts else {
            return ConnectionReport(ports: [], directory: self.place.directory, lines: [])
        }
        let request = JobRequest(
            kind: .connection, session: self.place.name, directory: self.place.directory,
            program: [.text(Installation.alienPodPath)],
            arguments: self.backend.sharesFiles
                ? ["connect", "--json", "--status-file", .file("status.json")]
                : [
                    "connect", "--json", "--master", .text(master.address.description), "--state-directory",
                    .file("state"),
                ])
        let connection = try await self.submit(request, on: self.here, &jobs)
        var log = LogFollower(self.files.logPath(of: request.name(of: 1)))
        var watch = JobWatch(self.here)
        while true {
            if let report = log.newLines().lazy.compactMap({ ConnectionReport(parsing: $0) }).first {
                return report
            }
            try await self.check(&watch, connection)
            try await Task.sleep(for: self.look)
        }
    }

    /// - Throws: ``CommandError`` when one of the jobs has ended.
    private func check(_ watch: inout JobWatch, _ jobs: [SessionJobs.Job]) async throws {
        for (job, state) in try await watch.changes(of: jobs) {
            switch state {
            case .waiting(let reason?): CommandLog.tell("\(job.name), job \(job.id), waits: \(reason)")
            case .waiting(nil): CommandLog.tell("\(job.name), job \(job.id), waits")
            case .running: break
            case .ended(let reason):
                let end = reason.map { ": \($0)" } ?? ""
                throw CommandError(.unavailable, "\(job.name) has ended\(end)\(self.lastLines(of: job.name))")
            }
        }
    }

    /// Of its own log and its daemon's, to stand behind an error.
    private func lastLines(of job: String) -> String {
        self.files.collectLogs()
        let logs = self.files.logs(of: job).map { log in
            "\n  \(log):" + LogTail.lines(of: log, last: 10).map { "\n    | \($0)" }.joined()
        }
        return logs.joined()
    }
}
