import AliEnSite
import Foundation
import PoDCore

/// What `alien-pod down` does: the master is asked to end the session, and who does not go is made to.
struct SessionEnd {
    let files: SessionFiles

    /// A master tells its workers, waits 8 s for them and ends its head daemon.
    private static let masterPatience: Duration = .seconds(20)
    /// A worker's daemon has 5 s to end.
    private static let workerPatience: Duration = .seconds(8)

    /// Returns when no job of the session is left.
    ///
    /// - Parameter tell: Takes a line for the user.
    /// - Throws: ``CommandError`` when a job can't be ended, or the session's jobs are not known.
    func run(tell: (String) -> Void) async throws {
        let all = try SessionJobs(of: self.files.place).jobs
        let jobs = try Dictionary(grouping: all, by: \.backend).map { name, jobs in
            BackendJobs(backend: try Backends.named(name), jobs: jobs)
        }
        let master = try await Self.left(jobs) { job, _ in job.kind == .master }
        // One that has not begun hears of no end.
        let others = try await Self.left(jobs) { job, state in
            job.kind == .connection || (job.kind == .worker && state != .running)
        }
        try await Self.cancel(master + others)
        if !master.isEmpty {
            tell("the master ends the session")
            // Its workers end with it: those that can be are gone before it is.
            try await Self.wait(for: master, within: Self.masterPatience)
            try await Self.wait(for: jobs, within: Self.workerPatience)
        }
        let left = try await Self.left(jobs)
        if !left.isEmpty {
            tell("\(Self.names(left)) still there: asked to end")
            try await Self.cancel(left)
            try await Self.wait(for: left, within: Self.workerPatience)
        }
        let stubborn = try await Self.left(left)
        for jobs in stubborn {
            for job in jobs.jobs {
                tell("\(Self.name(job)) did not end: killed")
                try await jobs.backend.kill(job.id)
            }
        }
        try await Self.wait(for: stubborn, within: Self.workerPatience)
        let immortal = try await Self.left(stubborn)
        guard immortal.isEmpty else {
            throw CommandError(.system, "\(Self.names(immortal)) can't be ended")
        }
        for backend in jobs.map(\.backend) {
            try await backend.clear(self.files.place.directory)
        }
    }

    /// Jobs of one backend, which is asked once for the states of all.
    private struct BackendJobs {
        let backend: any Backend
        let jobs: [SessionJobs.Job]

        func filter(_ isWanted: (SessionJobs.Job) -> Bool) -> BackendJobs {
            BackendJobs(backend: self.backend, jobs: self.jobs.filter(isWanted))
        }
    }

    /// Those that have not ended.
    private static func left(
        _ all: [BackendJobs], where isWanted: (SessionJobs.Job, JobState) -> Bool = { _, _ in true }
    ) async throws -> [BackendJobs] {
        var left: [BackendJobs] = []
        for jobs in all where !jobs.jobs.isEmpty {
            let states = try await jobs.backend.states(of: jobs.jobs.map(\.id))
            let alive = jobs.filter { job in
                states[job.id].map { !$0.hasEnded && isWanted(job, $0) } ?? false
            }
            if !alive.jobs.isEmpty { left.append(alive) }
        }
        return left
    }

    private static func cancel(_ all: [BackendJobs]) async throws {
        for jobs in all {
            for job in jobs.jobs {
                try await jobs.backend.cancel(job.id)
            }
        }
    }

    private static func wait(for jobs: [BackendJobs], within patience: Duration) async throws {
        // A batch system learns of an end later than this machine does.
        let period = jobs.map(\.backend.period).max() ?? .zero
        let deadline = ContinuousClock.now + (patience + period * 10)
        while try await !self.left(jobs).isEmpty, ContinuousClock.now < deadline {
            try await Task.sleep(for: period)
        }
    }

    private static func names(_ jobs: [BackendJobs]) -> String {
        jobs.flatMap(\.jobs).map(self.name).joined(separator: ", ")
    }

    private static func name(_ job: SessionJobs.Job) -> String { "\(job.kind.rawValue) \(job.id)" }
}
