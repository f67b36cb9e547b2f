import AliEnSite
import PoDCore

/// The backends by name.
enum Backends {
    static let names = ["local", "slurm", "htcondor"]

    static func named(_ name: String) throws(ValueError) -> any Backend {
        switch name {
        case "local": LocalBackend()
        case "slurm": SlurmBackend()
        case "htcondor": HTCondorBackend()
        default: throw ValueError("backend", found: name, expected: "one of \(self.names.joined(separator: ", "))")
        }
    }
}

extension Backend {
    /// Whether its jobs are this machine's processes.
    var isThisMachine: Bool { self.name == "local" }

    func state(of job: SessionJobs.Job) async throws -> JobState {
        try await self.states(of: [job.id])[job.id] ?? .ended(reason: nil)
    }
}
