import AliEnSite
import Foundation
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

    /// Where the grid's job descriptions are made of: in an installed tree, or in a checkout.
    private static var templates: String {
        let program = URL(fileURLWithPath: Installation.alienPodPath)
        let home =
            ProcessInfo.processInfo.environment["ALIEN_POD_HOME"]
            ?? program.deletingLastPathComponent().deletingLastPathComponent().path
        let places = ["share/alien-pod/jdl", "alien/jdl"].map { "\(home)/\($0)" }
        return places.first { FileManager.default.fileExists(atPath: $0) } ?? places[0]
    }
}

extension Backend {
    /// Whether its jobs are this machine's processes.
    var isThisMachine: Bool { self.name == "local" }

    func state(of job: SessionJobs.Job) async throws -> JobState {
        try await self.states(of: [job.id])[job.id] ?? .ended(reason: nil)
    }
}
