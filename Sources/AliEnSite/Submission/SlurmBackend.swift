import PoDCore
import PoDRendezvous

/// Jobs of Slurm (sbatch(1), squeue(1), scancel(1)), which see the session's directory on a shared file system.
package struct SlurmBackend: Backend {
    package let name = "slurm"
    package let sharesFiles = true
    package let period: Duration = .seconds(2)

    package init() {}

    package func document(of job: JobRequest) throws(SiteError) -> String {
        try job.resources.check()
        let resources = job.resources
        let isArray = job.kind == .worker
        var options = [
            "--job-name=\(job.title)",
            "--output=\(Self.quoted(job.log(named: isArray ? "worker-%a" : job.name(of: 1))))",
            // Each writes a log of its own, and one that starts again goes on with it.
            "--open-mode=append",
        ]
        if isArray { options.append("--array=\(job.numbers.lowerBound)-\(job.numbers.upperBound)") }
        if let queue = resources.queue { options.append("--partition=\(queue)") }
        if let account = resources.account { options.append("--account=\(account)") }
        options.append("--ntasks=1")
        if let cores = resources.cores { options.append("--cpus-per-task=\(cores)") }
        if let memory = resources.memory { options.append("--mem=\(memory)M") }
        // Slurm counts minutes, and rounds up.
        if let time = resources.time { options.append("--time=\((time + 59) / 60)") }
        return JobScript(
            job: job, directives: (options + resources.directives).map { "#SBATCH \($0)" },
            masterJobID: "\"$SLURM_JOB_ID\"", workerNumber: "\"$SLURM_ARRAY_TASK_ID\""
        ).text
    }

    package func submit(_ job: JobRequest) async throws(SiteError) -> [String] {
        try JobFile.write(try self.document(of: job), for: job)
        let output = try await Self.run(["sbatch", "--parsable", job.scriptPath])
        // `ID`, or `ID;CLUSTER`.
        let id = output.split(whereSeparator: \.isNewline).last?.split(separator: ";").first.map(String.init) ?? ""
        guard Int64(id) != nil else {
            throw SiteError(.data, "sbatch --parsable: expected a job id, found \(output.quoted)")
        }
        return job.kind == .worker ? job.numbers.map { "\(id)_\($0)" } : [id]
    }

    package func states(of jobs: [String]) async throws(SiteError) -> [String: JobState] {
        let output = try await Self.run([
            "squeue", "--me", "--noheader", "--array", "--states=all", "--format=%i|%T|%r",
        ])
        let known = SlurmQueue.states(in: output)
        // Slurm forgets a job some minutes after its end.
        return Dictionary(uniqueKeysWithValues: Set(jobs).map { ($0, known[$0] ?? .ended(reason: nil)) })
    }

    package func cancel(_ job: String) async throws(SiteError) {
        _ = try await Self.run(["scancel", "--quiet", job])
    }

    package func kill(_ job: String) async throws(SiteError) {
        _ = try await Self.run(["scancel", "--quiet", "--full", "--signal=KILL", job])
    }

    private static func run(_ command: [String]) async throws(SiteError) -> String {
        try await BatchCommand.run(command, of: "Slurm")
    }

    /// For a line of options in a script, which sbatch reads with quotation marks and backslashes.
    private static func quoted(_ path: String) -> String {
        guard path.utf8.contains(where: { " \t\"'\\#".utf8.contains($0) }) else { return path }
        return "\"" + path.map { "\"\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "\""
    }
}
