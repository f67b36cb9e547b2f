import Foundation
import PoDCore
import PoDSession
import Subprocess
import SystemPackage

/// Jobs as processes of this machine, each in a session (setsid) of its own, so that no terminal ends them.
///
/// A job's id is `PID.START`, where START is the time of its start since the machine's, in clock ticks: a process id that
/// was given to another process since does not make that one ours.
actor LocalBackend: Backend {
    let name = "local"
    let isThisMachine = true

    /// How long what a killed job had started may take to end by itself.
    private static let grace: Duration = .seconds(5)

    /// The jobs that this very process started, with their ends.
    private var own: [String: JobState] = [:]

    func submit(_ kind: JobKind, arguments: [String], log: String) async throws -> String {
        var options = PlatformOptions()
        options.createSession = true
        let platformOptions = options
        let output: FileDescriptor
        do {
            output = try FileDescriptor.open(
                FilePath(log), .writeOnly, options: [.create, .truncate, .append, .closeOnExec],
                permissions: .ownerReadWrite)
        } catch {
            throw CommandError(.cannotCreate, "can't write \(log): \(error)")
        }
        let id: String = try await withCheckedThrowingContinuation { started in
            Task {
                var id: String?
                do {
                    let result = try await run(
                        Installation.alienPod, arguments: Arguments(arguments + Self.options(of: kind)),
                        platformOptions: platformOptions, input: .none,
                        output: .fileDescriptor(output, closeAfterSpawningProcess: true), error: .combinedWithOutput
                    ) { execution in
                        let process = execution.processIdentifier.value
                        let job = "\(process).\(ProcessEntry(processID: process)?.startTicks ?? 0)"
                        id = job
                        started.resume(returning: job)
                    }
                    if let id {
                        self.own[id] = .ended(reason: Self.reason(result.terminationStatus))
                    }
                } catch {
                    if let id {
                        self.own[id] = .ended(reason: nil)
                    } else {
                        started.resume(throwing: CommandError(.system, "alien-pod can't be started: \(error)"))
                    }
                }
            }
        }
        // It may have ended already.
        if self.own[id] == nil {
            self.own[id] = .running
        }
        return id
    }

    private static func reason(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }

    /// Nobody but this machine takes part, and no process waits for these.
    private static func options(of kind: JobKind) -> [String] {
        switch kind {
        case .master: ["--advertise", "127.0.0.1"]
        case .worker: ["--detached"]
        case .connection: []
        }
    }

    func state(of job: String) -> JobState {
        self.own[job] ?? (self.process(of: job) == nil ? .ended(reason: nil) : .running)
    }

    func cancel(_ job: String) {
        if let process = self.process(of: job) {
            Glibc.kill(process.processID, SIGTERM)
        }
    }

    /// Its daemon is ended by the guard that each has, which needs a moment; who is left after that is killed, too.
    func kill(_ job: String) async {
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
