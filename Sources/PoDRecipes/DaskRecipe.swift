import Foundation
public import PoDCore

/// Dask: a scheduler beside the master, and one worker process with one thread for each lease.
///
/// Everything listens on loopback, until the channel between head and workers is secured.
public struct DaskRecipe: Recipe {
    public let name = "dask"
    private let environment: DaskEnvironment

    public init(environment: DaskEnvironment = DaskEnvironment()) {
        self.environment = environment
    }

    public func prepare(progress: @Sendable (String) -> Void) async throws {
        try await self.environment.prepare(progress: progress)
    }

    public func head(in directory: String) throws -> DaemonPlan? {
        DaemonPlan(
            command: [
                self.environment.python, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", "0",
                "--dashboard-address", "127.0.0.1:0", "--no-dashboard", "--no-show", "--scheduler-file",
                Self.schedulerFile(in: directory),
            ],
            environment: Self.settings, ready: .line(containing: "Scheduler at:"))
    }

    public func headFacts(in directory: String) async throws -> HeadFacts {
        let file = Self.schedulerFile(in: directory)
        // The scheduler writes it a moment after it said that it is ready.
        for _ in 0..<100 {
            if let data = FileManager.default.contents(atPath: file),
                let document = try? JSONValue(parsing: Array(data)), let address = document["address"]?.string
            {
                return HeadFacts(
                    workerParameters: ["scheduler": address],
                    details: [("scheduler", address), ("python", self.environment.python)])
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw RecipeError(.data, "\(file): expected the scheduler's address")
    }

    public func worker(lease: LeaseID, parameters: [String: String], in directory: String) throws -> DaemonPlan {
        let scheduler = try Self.schedulerAddress(parameters["scheduler"])
        return DaemonPlan(
            command: [
                self.environment.python, "-m", "dask", "worker", "tcp://\(scheduler)", "--host", "127.0.0.1",
                "--nworkers", "1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--dashboard-address",
                "127.0.0.1:0", "--local-directory", directory, "--name", "lease-\(lease)", "--death-timeout", "60",
            ],
            environment: Self.settings, ready: .line(containing: "Registered to:"))
    }

    /// What comes over the network goes into a command line: nothing but an address passes.
    private static func schedulerAddress(_ text: String?) throws(RecipeError) -> Address {
        let prefix = "tcp://"
        guard let text, text.hasPrefix(prefix) else {
            throw RecipeError(.data, "scheduler: expected tcp://host:port, found \(ValueError.quoted(text ?? ""))")
        }
        do {
            return try Address(parsing: text.dropFirst(prefix.count))
        } catch {
            throw RecipeError(.data, "scheduler: \(error.description)")
        }
    }

    private static func schedulerFile(in directory: String) -> String { "\(directory)/scheduler.json" }

    /// No look for a newer version, no colours in the log.
    private static let settings = ["PYTHONUNBUFFERED": "1", "NO_COLOR": "1"]
}
