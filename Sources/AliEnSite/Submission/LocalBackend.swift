import Foundation
import PoDCore
import PoDRecipes
import Subprocess
import SystemPackage

/// Jobs as processes of this machine, each in a session (setsid) of its own, so that no terminal ends them.
///
/// A job's id is `PID.START`, where START is the time of its start since the machine's, in clock ticks: a process id that
/// was given to another process since does not make that one ours.
package actor LocalBackend: Backend {
    package nonisolated let name = "local"
    package nonisolated let sharesFiles = true
    package nonisolated let period: Duration = .milliseconds(100)

    /// How long what a killed job had started may take to end by itself.
    private static let grace: Duration = .seconds(5)

    /// The jobs that this very process started, with their ends.
    private var own: [String: JobState] = [:]

    package init() {}

    package nonisolated func document(of job: JobRequest) throws(SiteError) -> String {
        let resources = job.resources
        try resources.check()
        try self.refuse([
            ("--queue", resources.queue != nil), ("--account", resources.account != nil),
            ("--cores", resources.cores != nil), ("--time", resources.time != nil),
            ("--directive", !resources.directives.isEmpty),
        ])
        return JobScript(job: job, masterJobID: "\"$1\"").text
    }

    /// All are started, or none stays.
    package func submit(_ job: JobRequest) async throws(SiteError) -> [String] {
        try JobFile.write(try self.document(of: job), for: job)
        var started: [String] = []
        for number in job.numbers {
            do throws(SiteError) {
                // No batch system gives a MasterJobId here; the time is as good as a number that was never used.
                let argument = job.kind == .master ? Int64(Date().timeIntervalSince1970 * 1000) : Int64(number)
                started.append(try await self.start(job.scriptPath, argument, log: job.log(of: number)))
            } catch {
                for job in started {
                    await self.kill(job)
                }
                throw error
            }
        }
        return started
    }

    private func start(_ script: String, _ argument: Int64, log: String) async throws(SiteError) -> String {
        var options = PlatformOptions()
        options.createSession = true
        let platformOptions = options
        let output: FileDescriptor
        do {
            output = try FileDescriptor.open(
                FilePath(log), .writeOnly, options: [.create, .truncate, .append, .closeOnExec],
                permissions: .ownerReadWrite)
        } catch {
            throw SiteError(.cannotCreate, "can't write \(log): \(error)")
        }
        let id: Result<String, SiteError> = await withCheckedContinuation { started in
            Task {
                var id: String?
                do {
                    let result = try await Subprocess.run(
                        .path("/bin/sh"), arguments: [script, String(argument)], platformOptions: platformOptions,
                        input: .none, output: .fileDescriptor(output, closeAfterSpawningProcess: true),
                        error: .combinedWithOutput
                    ) { execution in
                        let process = execution.processIdentifier.value
                        let job = "\(process).\(ProcessEntry(processID: process)?.startTicks ?? 0)"
                        id = job
                        started.resume(returning: .success(job))
                    }
                    if let id {
                        self.own[id] = .ended(reason: Self.reason(result.terminationStatus))
                    }
                } catch {
                    if let id {
                        self.own[id] = .ended(reason: nil)
                    } else {
                        started.resume(returning: .failure(SiteError(.system, "/bin/sh can't be started: \(error)")))
                    }
                }
            }
        }
        let job = try id.get()
        // It may have ended already.
        if self.own[job] == nil {
            self.own[job] = .running
        }
        return job
    }

    private static func reason(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }

    package func states(of jobs: [String]) -> [String: JobState] {
        Dictionary(
            uniqueKeysWithValues: Set(jobs).map { job in
                (job, self.own[job] ?? (self.process(of: job) == nil ? .ended(reason: nil) : .running))
            })
    }

    package func cancel(_ job: String) {
        if let process = self.process(of: job) {
            Glibc.kill(process.processID, SIGTERM)
        }
    }

    /// Its daemon is ended by the guard that each has, which needs a moment; who is left after that is killed, too.
    package func kill(_ job: String) async {
        guard let process = self.process(of: job) else { return }
        let members = ProcessEntry.all().filter { $0.sessionID == process.processID }
        Glibc.kill(process.processID, SIGKILL)
        let deadline = ContinuousClock.now + Self.grace
        while members.contains(where: \.isAlive), ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(50))
        }
        for member in members where member.isAlive {
            Glibc.kill(member.processID, SIGKILL)
        }
    }

    /// The process of a job that has not ended.
    private func process(of job: String) -> ProcessEntry? {
        let parts = job.split(separator: ".")
        guard parts.count == 2, let id = Int32(parts[0]), let start = UInt64(parts[1]),
            let entry = ProcessEntry(processID: id), entry.startTicks == start, !entry.isZombie
        else { return nil }
        return entry
    }
}

extension ProcessEntry {
    /// Whether it is still there, and no other with its id.
    fileprivate var isAlive: Bool {
        guard let now = ProcessEntry(processID: self.processID) else { return false }
        return now.startTicks == self.startTicks && !now.isZombie
    }
}
