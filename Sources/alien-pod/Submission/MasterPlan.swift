import AliEnSite
import PoDCore

/// What a session's master is to be.
struct MasterPlan {
    /// How many workers it wants.
    let workers: Int
    /// Of `alien-pod master`, beside those that follow from the session; the recipe's last.
    let arguments: [String]
    /// Where its publisher sends advertisements; `nil` for no publisher.
    let destinations: [String]?
    /// Who signs its ticket; `nil` for a session without.
    let owner: SessionOwner?
    /// The thumbprints of keys that count no more.
    let revoked: [String]
    /// Where its advertisements can be seen.
    let repositories: [String]
    /// How long it lives at most, in seconds.
    let lifetime: Int
    let resources: JobResources

    /// - Throws: ``CommandError`` where nobody could tell where the master is.
    func checkRepository(on backend: any Backend) throws(CommandError) {
        guard backend.sharesFiles || !self.repositories.isEmpty else {
            throw CommandError(
                .usage,
                "backend \(backend.name): expected --repository, or podMonalisaUrl of the settings: where the master is, "
                    + "its advertisement tells")
        }
    }

    func request(for place: SessionPlace, on backend: any Backend) throws -> JobRequest {
        let publisher = try self.destinations.map { destinations in
            try JobPrograms.publisher(on: backend, home: self.resources.home)
                + ["--status-file", .file("status.json")]
                + destinations.flatMap { ["--destination", .text($0)] }
        }
        return JobRequest(
            kind: .master, session: place.name, directory: place.directory,
            program: JobPrograms.alienPod(on: backend, home: self.resources.home),
            arguments: [
                "master", "--workers", .text(String(self.workers)), "--status-file", .file("status.json"),
                "--state-directory", .file("state"),
            ] + (self.revoked.isEmpty ? [] : ["--revoked-file", .file("state/revoked")])
                + self.arguments.map { .text($0) },
            publisher: publisher ?? [],
            inputs: ["state/session-key.pem", "state/authority.json"] + (self.owner == nil ? [] : ["state/ticket"])
                + (self.revoked.isEmpty ? [] : ["state/revoked"]),
            resources: self.resources)
    }
}
