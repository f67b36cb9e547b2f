import PoDCore

/// Jobs of HTCondor (condor_submit(1), condor_q(1), condor_rm(1)), which see the session's directory on a shared file
/// system.
package struct HTCondorBackend: Backend {
    package let name = "htcondor"
    package let sharesFiles = true
    package let period: Duration = .seconds(5)

    package init() {}

    /// The submit description, and the script that it names.
    package func document(of job: JobRequest) throws(SiteError) -> String {
        try self.description(of: job) + "\n# \(job.scriptPath):\n" + self.script(of: job)
    }

    private func script(of job: JobRequest) -> String { JobScript(job: job, masterJobID: "\"$1\"").text }

    private func description(of job: JobRequest) throws(SiteError) -> String {
        try job.resources.check()
        let resources = job.resources
        try self.refuse([("--queue", resources.queue != nil)])
        if job.directory.utf8.contains(where: { " \"'$".utf8.contains($0) }) {
            throw SiteError(
                .usage, "session directory \(job.directory.quoted): HTCondor takes no blanks, quotes or $ in a path")
        }
        let isArray = job.kind == .worker
        let log = job.log(named: isArray ? "worker-$(number)" : job.name(of: 1))
        var lines = [
            "universe = vanilla",
            "batch_name = \(job.title)",
            "executable = \(job.scriptPath)",
            "arguments = \(isArray ? "$(number)" : "$(ClusterId)")",
            "initialdir = \(job.directory)",
            "output = \(log)",
            "error = \(log)",
            "log = \(job.directory)/logs/htcondor.log",
            "should_transfer_files = NO",
            "getenv = True",
            // In good order: SIGTERM, and time to hand over.
            "kill_sig = SIGTERM",
            "job_max_vacate_time = 60",
        ]
        if let account = resources.account { lines.append("accounting_group = \(account)") }
        if let cores = resources.cores { lines.append("request_cpus = \(cores)") }
        if let memory = resources.memory { lines.append("request_memory = \(memory)") }
        if let time = resources.time { lines.append("allowed_job_duration = \(time)") }
        lines += resources.directives
        lines.append(isArray ? "queue number in (\(job.numbers.map(String.init).joined(separator: " ")))" : "queue")
        return lines.map { $0 + "\n" }.joined()
    }

    package func submit(_ job: JobRequest) async throws(SiteError) -> [String] {
        let description = try self.description(of: job)
        try JobFile.write(self.script(of: job), for: job)
        let path = "\(job.scriptPath.dropLast(3)).sub"
        try JobFile.write(description, at: path)
        let output = try await Self.run(["condor_submit", "-terse", path])
        guard let ids = HTCondorQueue.ids(inTerse: output), ids.count == job.numbers.count else {
            throw SiteError(
                .data,
                "condor_submit -terse: expected FIRST - LAST of \(job.numbers.count) jobs, found \(output.quoted)")
        }
        return ids
    }

    package func states(of jobs: [String]) async throws(SiteError) -> [String: JobState] {
        let attributes = [
            "-attributes", "ClusterId,ProcId,JobStatus,HoldReason,ExitCode,ExitBySignal,ExitSignal,RemoveReason",
        ]
        let clusters = Set(jobs.compactMap { $0.split(separator: ".").first.map(String.init) }).sorted()
        var states = try HTCondorQueue.states(
            in: try await Self.run(["condor_q", "-json"] + attributes + clusters), of: "condor_q")
        if jobs.contains(where: { states[$0] == nil }) {
            let most = ["-limit", String(max(1, jobs.count))]
            let past = try HTCondorQueue.states(
                in: try await Self.run(["condor_history", "-json"] + most + attributes + clusters), of: "condor_history"
            )
            states.merge(past) { now, _ in now }
        }
        return Dictionary(uniqueKeysWithValues: Set(jobs).map { ($0, states[$0] ?? .ended(reason: nil)) })
    }

    package func cancel(_ job: String) async throws(SiteError) {
        try await self.remove(job, [])
    }

    package func kill(_ job: String) async throws(SiteError) {
        try await self.remove(job, ["-forcex"])
    }

    /// condor_rm fails for a job that has left the queue.
    private func remove(_ job: String, _ options: [String]) async throws(SiteError) {
        do throws(SiteError) {
            _ = try await Self.run(["condor_rm"] + options + [job])
        } catch {
            guard try await self.states(of: [job])[job]?.hasEnded == true else { throw error }
        }
    }

    private static func run(_ command: [String]) async throws(SiteError) -> String {
        try await BatchCommand.run(command, of: "HTCondor")
    }
}
