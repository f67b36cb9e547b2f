import Foundation
import PoDCore

/// What `alien-pod down` does: the master is asked to end the session, and who does not go is made to.
struct SessionEnd {
    let files: SessionFiles

    /// A master tells its workers, waits 8 s for them and ends its head daemon.
    private static let masterPatience: Duration = .seconds(20)
    /// A worker's daemon has 5 s to end.
    private static let workerPatience: Duration = .seconds(8)
    private static let look: Duration = .milliseconds(100)

    /// Returns when no process of the session is left.
    ///
    /// - Parameter tell: Takes a line for the user.
    /// - Throws: ``CommandError`` when a job can't be ended, or the session's jobs are not known.
    func run(tell: (String) -> Void) async throws {
        let jobs = try SessionJobs(of: self.files.place).jobs.map { job in
            RunningJob(job: job, backend: try Backends.named(job.backend))
        }
        let master = try await Self.running(jobs.filter { $0.job.kind == .master })
        let connections = jobs.filter { $0.job.kind == .connection }
        try await Self.cancel(master + connections)
        if !master.isEmpty {
            tell("the master ends the session")
            // Its workers end with it: those that can be are gone before it is.
            try await Self.wait(for: master, within: Self.masterPatience)
            try await Self.wait(for: jobs, within: Self.workerPatience)
        }
        let left = try await Self.running(jobs)
        if !left.isEmpty {
            tell("\(Self.names(left)) still there: asked to end")
            try await Self.cancel(left)
            try await Self.wait(for: left, within: Self.workerPatience)
        }
        let stubborn = try await Self.running(left)
        for job in stubborn {
            tell("\(Self.names([job])) did not end: killed")
            try await job.backend.kill(job.job.id)
        }
        try await Self.wait(for: stubborn, within: Self.workerPatience)
        let immortal = try await Self.running(stubborn)
        guard immortal.isEmpty else {
            throw CommandError(.system, "\(Self.names(immortal)) can't be ended")
        }
    }

    private struct RunningJob {
        let job: SessionJobs.Job
        let backend: any Backend
    }

    private static func running(_ jobs: [RunningJob]) async throws -> [RunningJob] {
        var running: [RunningJob] = []
        for job in jobs where try await job.backend.state(of: job.job.id) == .running {
            running.append(job)
        }
        return running
    }

    private static func cancel(_ jobs: [RunningJob]) async throws {
        for job in jobs {
            try await job.backend.cancel(job.job.id)
        }
    }

    private static func wait(for jobs: [RunningJob], within patience: Duration) async throws {
        let deadline = ContinuousClock.now + patience
        while try await !self.running(jobs).isEmpty, ContinuousClock.now < deadline {
            try await Task.sleep(for: self.look)
        }
    }

    private static func names(_ jobs: [RunningJob]) -> String {
        jobs.map { "\($0.job.kind.rawValue) \($0.job.id)" }.joined(separator: ", ")
    }
}
