import PoDCore
import PoDRecipes

/// A recipe of shell scripts, so that a test can say what the daemons do.
struct TestRecipe: Recipe {
    var name = "test"
    /// The script of the daemon beside the master; `nil` for none. It is ready when it prints `ready`.
    var headScript: String?
    /// The script of a worker's daemon. It is ready when it prints `ready`.
    var workerScript = "echo ready; exec sleep 600"
    /// How long the preparation takes.
    var preparation: Duration = .zero
    /// Why it fails; `nil` when it does not.
    var problem: String?
    /// What is laid out for a worker's daemon.
    var files: [DaemonFile] = []
    /// Called when workers are to hand over what they hold.
    var onRetirement: @Sendable ([LeaseID]) async throws -> Void = { _ in }

    func prepare(progress: @Sendable (String) -> Void) async throws {
        try await Task.sleep(for: self.preparation)
        if let problem {
            throw RecipeError(.unavailable, problem)
        }
    }

    func head(at site: DaemonSite) throws -> HeadPlan {
        HeadPlan(daemon: self.headScript.map { Self.plan($0) }, workerParameters: ["word": "abracadabra"])
    }

    func worker(lease: LeaseID, parameters: [String: String], at site: DaemonSite) throws -> DaemonPlan {
        Self.plan("PORT=\(site.address.port); \(self.workerScript)", files: self.files)
    }

    func retire(_ leases: [LeaseID], at site: DaemonSite) async throws {
        try await self.onRetirement(leases)
    }

    static func plan(_ script: String, files: [DaemonFile] = []) -> DaemonPlan {
        DaemonPlan(command: ["/bin/sh", "-c", script], files: files, ready: .line(containing: "ready"))
    }
}
