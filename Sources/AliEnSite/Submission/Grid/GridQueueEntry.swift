/// What the task queue says of one job.
package struct GridQueueEntry: Hashable, Sendable {
    package let id: String
    /// In AliEn's words.
    package let state: String
    /// The job that this one is a part of, after a split.
    package let parent: String?

    package init(id: String, state: String, parent: String? = nil) {
        self.id = id
        self.state = state
        self.parent = parent
    }

    /// How jobs are. One that was split runs while one of its parts does, and has ended when all have; one without an entry
    /// has ended: a job that was killed leaves none in AliEn.
    package static func states(of jobs: [String], in entries: [GridQueueEntry]) -> [String: JobState] {
        let own = Dictionary(entries.map { ($0.id, $0.state) }) { first, _ in first }
        let parts = Dictionary(grouping: entries.filter { $0.parent != nil }, by: \.parent)
        return Dictionary(
            uniqueKeysWithValues: Set(jobs).map { job in
                guard let state = own[job] else { return (job, .ended(reason: nil)) }
                let parts = (parts[job] ?? []).map { TaskQueueState.jobState(named: $0.state) }
                return (job, state == "SPLIT" ? self.state(of: parts) : TaskQueueState.jobState(named: state))
            })
    }

    private static func state(of parts: [JobState]) -> JobState {
        if parts.contains(.running) { return .running }
        // Where there is none yet, they are being made.
        return parts.first { !$0.hasEnded } ?? parts.first ?? .waiting(reason: "SPLIT")
    }
}
