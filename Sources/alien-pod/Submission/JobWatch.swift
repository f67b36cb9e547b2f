import AliEnSite

/// The states of jobs as they change, asked for no more often than their backend may be.
struct JobWatch {
    private let backend: any Backend
    private var known: [String: JobState] = [:]
    private var due = ContinuousClock.now

    init(_ backend: any Backend) {
        self.backend = backend
    }

    /// The jobs whose state is another than at the last look; none where it is too early for the next.
    mutating func changes(of jobs: [SessionJobs.Job]) async throws -> [(job: SessionJobs.Job, state: JobState)] {
        guard ContinuousClock.now >= self.due else { return [] }
        let states = try await self.backend.states(of: jobs.map(\.id))
        self.due = .now + self.backend.period
        return jobs.compactMap { job in
            guard let state = states[job.id], state != self.known.updateValue(state, forKey: job.id) else { return nil }
            return (job, state)
        }
    }
}
