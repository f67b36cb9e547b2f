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

/// What HTCondor's commands print.
package enum HTCondorQueue {
    /// Of one submission: whatever is printed, so many ids fit into memory.
    private static let mostJobs: Int64 = 1_000_000

    /// Of `condor_submit -terse`: `12.0 - 12.3`, or one id twice.
    package static func ids(inTerse output: String) -> [String]? {
        let ends = output.split(whereSeparator: { $0.isNewline || $0 == " " }).filter { $0 != "-" }
        guard ends.count == 2, let first = self.id(ends[0]), let last = self.id(ends[1]), first.cluster == last.cluster,
            first.process <= last.process, last.process - first.process < Self.mostJobs
        else { return nil }
        return (first.process...last.process).map { "\(first.cluster).\($0)" }
    }

    private static func id(_ text: Substring) -> (cluster: Int64, process: Int64)? {
        let parts = text.split(separator: ".").map { Int64($0) }
        guard parts.count == 2, let cluster = parts[0], let process = parts[1], cluster > 0, process >= 0 else {
            return nil
        }
        return (cluster, process)
    }

    /// Of `condor_q -json` and `condor_history -json`, which print nothing at all where there are no jobs.
    ///
    /// `JobStatus`: 1 idle, 2 running, 3 removed, 4 completed, 5 held, 6 transferring output, 7 suspended.
    package static func states(in output: String, of command: String) throws(SiteError) -> [String: JobState] {
        guard output.contains(where: { !$0.isWhitespace }) else { return [:] }
        guard let jobs = (try? JSONValue(parsing: Array(output.utf8)))?.array else {
            throw SiteError(.data, "\(command) -json: expected an array, found \(String(output.prefix(80)).quoted)")
        }
        var states: [String: JobState] = [:]
        for job in jobs {
            guard let cluster = job["ClusterId"]?.integer, let process = job["ProcId"]?.integer else { continue }
            states["\(cluster).\(process)"] = self.state(of: job)
        }
        return states
    }

    private static func state(of job: JSONValue) -> JobState {
        switch job["JobStatus"]?.integer {
        case 1: .waiting(reason: nil)
        case 5: .waiting(reason: job["HoldReason"]?.string.map { "held: \($0)" } ?? "held")
        case 2, 6, 7: .running
        case 3: .ended(reason: job["RemoveReason"]?.string ?? "removed")
        default:
            .ended(
                reason: job["ExitSignal"]?.integer.map { "signal \($0)" }
                    ?? job["ExitCode"]?.integer.map { "exit code \($0)" })
        }
    }
}
