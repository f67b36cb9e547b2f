import Foundation
import PoDCore
import PoDRendezvous
import PoDSession
import PoDTickets

/// What `alien-pod up` does: master, workers, connection, each when the one before is ready.
struct SessionStart {
    let files: SessionFiles
    let backend: any Backend
    let workers: Int
    /// Arguments of the master beside those that follow from the session, the recipe's last.
    let masterArguments: [String]
    let workerArguments: [String]
    /// Ports of this machine are for this machine's user, wherever the rest runs.
    private let here: any Backend = LocalBackend()

    private var place: SessionPlace { self.files.place }

    /// - Returns: How the head daemon is reached on this machine; without ports where it has none.
    /// - Throws: ``CommandError`` with the last lines of the log of what failed. Then, and when the task is cancelled,
    ///   ``SessionEnd`` is to tidy up.
    func run() async throws -> ConnectionReport {
        try self.files.prepare()
        var jobs = try SessionJobs(none: self.place)
        CommandLog.tell("starting the master")
        // No job of AliEn's gives a MasterJobId here; the time is as good as a number that was never used.
        let masterJobID = Int64(Date().timeIntervalSince1970 * 1000)
        let master = try await self.submit(
            .master, named: "master",
            [
                "master", "--job-id", String(masterJobID), "--workers", String(self.workers), "--status-file",
                self.place.statusFile, "--state-directory", self.place.stateDirectory,
            ] + self.masterArguments, &jobs)
        let status = try await self.status(of: master)
        try self.writeServerInfo(status)

        // One Python for head and workers: there is nothing to be installed again, and no version differs.
        let python = self.backend.isThisMachine ? status.detail("python").map { ["--python", $0] } ?? [] : []
        CommandLog.tell("starting \(self.workers) \(self.workers == 1 ? "worker" : "workers")")
        for number in 0..<self.workers {
            let directory = "\(self.place.directory)/workers/\(number + 1)"
            _ = try await self.submit(
                .worker, named: "worker-\(number + 1)",
                [
                    "worker", "--server-info", "\(self.place.directory)/\(ServerInfo.documentFileName)",
                    "--directory", directory,
                ] + python + self.workerArguments, &jobs)
        }
        try await self.registration(of: jobs.jobs)

        guard ConnectCommand.ports.contains(where: { status.detail($0) != nil }) else {
            return ConnectionReport(ports: [], directory: self.place.directory, lines: [])
        }
        return try await self.connection(&jobs)
    }

    private func submit(
        _ kind: JobKind, named name: String, _ arguments: [String], _ jobs: inout SessionJobs
    ) async throws -> SessionJobs.Job {
        let backend = self.backend(of: kind)
        let log = self.files.logPath(of: name)
        let id = try await backend.submit(kind, arguments: arguments, log: log)
        let job = SessionJobs.Job(kind: kind, backend: backend.name, id: id, log: log)
        try jobs.add(job, in: self.place)
        return job
    }

    private func backend(of kind: JobKind) -> any Backend { kind == .connection ? self.here : self.backend }

    /// Workers know the master by the session's key, and need no advertisement.
    private func writeServerInfo(_ status: MasterStatus) throws {
        guard let address = status.detail("address") else {
            throw CommandError(.data, "\(self.place.statusFile): expected the master's address")
        }
        let key = try ChannelIdentity(try KeptSession(readingDirectory: self.place.stateDirectory).key).thumbprint
        let server = ServerInfo(
            masterJobID: status.masterJobID, address: try Address(parsing: address), sessionProtocol: .alienPoD1,
            wanted: self.workers, share: 1, key: try MasterKey(parsing: key.description),
            reportedAt: MonotonicClock.millisecondsSince1970, farm: "")
        try server.write(to: try PrivateDirectory(path: self.place.directory), user: LoginName.current.text)
    }

    // MARK: - Waiting

    private static let look: Duration = .milliseconds(100)

    /// Waits for the master, and shows what it says meanwhile: a first installation takes minutes.
    private func status(of master: SessionJobs.Job) async throws -> MasterStatus {
        var log = LogFollower(master.log)
        while true {
            if case .status(let status) = try MasterStatusFile.read(self.place.statusFile), status.phase == .running {
                return status
            }
            log.newLines().filter { $0.contains(" master: ") }.forEach(CommandLog.tell)
            try await self.check(master)
            try await Task.sleep(for: Self.look)
        }
    }

    private func registration(of jobs: [SessionJobs.Job]) async throws {
        var told = 0
        while told < self.workers {
            for job in jobs {
                try await self.check(job)
            }
            if case .status(let status) = try MasterStatusFile.read(self.place.statusFile),
                status.workers.registered > told
            {
                told = status.workers.registered
                CommandLog.tell("\(told) of \(self.workers) workers are ready")
            }
            try await Task.sleep(for: Self.look)
        }
    }

    private func connection(_ jobs: inout SessionJobs) async throws -> ConnectionReport {
        let connection = try await self.submit(
            .connection, named: "connect", ["connect", "--json", "--status-file", self.place.statusFile], &jobs)
        var log = LogFollower(connection.log)
        while true {
            if let report = log.newLines().lazy.compactMap({ ConnectionReport(parsing: $0) }).first {
                return report
            }
            try await self.check(connection)
            try await Task.sleep(for: Self.look)
        }
    }

    /// - Throws: ``CommandError`` when the job has ended.
    private func check(_ job: SessionJobs.Job) async throws {
        guard case .ended(let reason) = try await self.backend(of: job.kind).state(of: job.id) else { return }
        let name = URL(fileURLWithPath: job.log).deletingPathExtension().lastPathComponent
        let end = reason.map { ": \($0)" } ?? ""
        throw CommandError(.unavailable, "\(name) has ended\(end)\(self.lastLines(of: name))")
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
