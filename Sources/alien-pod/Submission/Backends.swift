import AliEnSite
import PoDCore

/// The backends by name.
enum Backends {
    static let names = ["local", "slurm", "htcondor", "alien", "jalien"]

    static func named(_ name: String) throws(ValueError) -> any Backend {
        switch name {
        case "local": LocalBackend()
        case "slurm": SlurmBackend()
        case "htcondor": HTCondorBackend()
        case "alien": GridBackend.alien(templates: self.templates)
        case "jalien": GridBackend.jalien(templates: self.templates)
        default: throw ValueError("backend", found: name, expected: "one of \(self.names.joined(separator: ", "))")
        }
    }

    /// What the grid's job descriptions are made of.
    private static var templates: String { (try? Installation())?.jobDescriptions ?? "alien/jdl" }
}

extension Backend {
    /// Whether its jobs are this machine's processes.
    var isThisMachine: Bool { self.name == "local" }

    func state(of job: SessionJobs.Job) async throws -> JobState {
        try await self.states(of: [job.id])[job.id] ?? .ended(reason: nil)
    }
}
