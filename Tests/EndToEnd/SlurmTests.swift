import Foundation
import PoDCore
import PoDTestKit
import Testing

/// Sessions whose jobs a real Slurm runs.
@Suite(.timeLimit(.minutes(10)), .enabled(if: SlurmCluster.canRun, "Slurm is not installed"))
struct SlurmTests {
    private static let recipe = ["--recipe", "command", "--command", "sleep", "1000"]

    @Test("a master and workers as jobs: submitted, listed, cancelled, and ended by down")
    func jobs() async throws {
        try await SlurmCluster.run { slurm in
            try await SessionHome.with(slurm) { home in
                let submitted = try await home.run(
                    ["submit", "master", "-n", "3", "--backend", "slurm", "--queue", SlurmCluster.masters, "--json"]
                        + ["--advertise", "127.0.0.1"] + Self.recipe)
                #expect(submitted.ending == .exited(code: 0), "\(submitted.errors)")
                let master = try JSONValue(parsing: Array(submitted.lines.joined().utf8))
                let id = try #require(master["id"]?.string)
                #expect(master["masterJobId"]?.string == id, "a batch system's job id is the MasterJobId")

                let command = ["--command", "sleep", "1000"]
                let workers = try await home.run(
                    ["submit", "workers", "--master-job-id", id, "--count", "3"] + command)
                #expect(workers.ending == .exited(code: 0), "\(workers.errors)")
                try await Self.eventually(home) { $0.contains("workers: 3 registered, 3 leased, 3 wanted") }
                let list = try await Self.jobs(home)
                #expect(list.map { $0["state"]?.string } == Array(repeating: "running", count: 4))
                #expect(list.map { $0["kind"]?.string } == ["master", "worker", "worker", "worker"])

                let second = try #require(list.dropFirst(2).first?["id"]?.string)
                #expect(try await home.run(["submit", "cancel", second]).ending == .exited(code: 0))
                try await Self.eventually(home) { $0.contains("workers: 2 registered, 2 leased, 3 wanted") }

                // Numbers go on: no directory and no log is used twice.
                let more = try await home.run(["submit", "workers", "--count", "1", "--json"] + command)
                #expect(more.lines.joined().hasSuffix(#"_4"]}"#), "\(more.lines)")
                try await Self.eventually(home) { $0.contains("workers: 3 registered, 3 leased, 3 wanted") }

                let down = try await home.run(["down"])
                #expect(down.lines == ["session default is down"], "\(down.errors)")
                #expect(home.allProcesses == [])
            }
        }
    }

    @Test("up brings a session of Slurm's jobs to the user, who computes on it")
    func up() async throws {
        try await SlurmCluster.run { slurm in
            try await SessionHome.with(slurm) { home in
                let file = home.directory.appendingPathComponent(".alien-pod/submit.json")
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                let defaults =
                    #"{"backend":"slurm","slurm":{"time":3600,"master":{"queue":"\#(SlurmCluster.masters)"}}}"#
                try Data(defaults.utf8).write(to: file)
                let up = try await home.run(
                    ["up", "-n", "2", "--advertise", "127.0.0.1", "--json"], within: .seconds(400))
                #expect(up.ending == .exited(code: 0), "\(up.errors)")
                let computed = try await home.run(
                    ["connect", "--", "python", "-c", Self.analysis])
                #expect(computed.lines == ["285"], "\(computed.errors)")
                #expect(try await Self.jobs(home).map { $0["backend"]?.string } == ["slurm", "slurm", "slurm"])
                let down = try await home.run(["down"])
                #expect(down.lines == ["session default is down"], "\(down.errors)")
            }
        }
    }

    @Test("what Slurm refuses leaves nothing behind, and a job that waits says why")
    func refused() async throws {
        try await SlurmCluster.run { slurm in
            try await SessionHome.with(slurm) { home in
                let wrong = try await home.run(
                    ["submit", "master", "--backend", "slurm", "--queue", "nowhere"] + Self.recipe)
                #expect(wrong.ending == .exited(code: 69))
                #expect(wrong.errors.contains("invalid partition specified: nowhere"), "\(wrong.errors)")
                #expect(try await home.run(["submit", "list"]).lines.count == 1)
                #expect(!FileManager.default.fileExists(atPath: home.path(of: "default").path))

                let waiting = try await home.run(
                    ["submit", "master", "--backend", "slurm", "--no-wait", "--directive", "--begin=now+1hour"]
                        + Self.recipe)
                #expect(waiting.ending == .exited(code: 0), "\(waiting.errors)")
                let job = try #require(try await Self.jobs(home).first)
                #expect(job["state"]?.string == "waiting")
                #expect(job["reason"]?.string == "BeginTime")
                let workers = try await home.run(["submit", "workers", "--count", "1"])
                #expect(workers.ending == .exited(code: 75))
                #expect(workers.errors.contains("waits (BeginTime)"), "\(workers.errors)")
                #expect(try await home.run(["down"]).ending == .exited(code: 0))
            }
        }
    }

    @Test("a master that can't start is told of with the end of its log")
    func failure() async throws {
        try await SlurmCluster.run { slurm in
            try await SessionHome.with(slurm) { home in
                let failed = try await home.run(
                    ["submit", "master", "--backend", "slurm", "--advertise", "no host"] + Self.recipe)
                #expect(failed.ending == .exited(code: 69))
                #expect(failed.errors.contains("master has ended: FAILED (NonZeroExitCode)"), "\(failed.errors)")
                #expect(failed.errors.contains("no host"), "\(failed.errors)")
            }
        }
    }

    private static let analysis = """
        from dask.distributed import Client
        client = Client()
        print(sum(client.gather(client.map(lambda x: x * x, range(10)))))
        """

    private static func jobs(_ home: SessionHome) async throws -> [JSONValue] {
        let list = try await home.run(["submit", "list", "--json"])
        return try JSONValue(parsing: Array(list.lines.joined().utf8))["jobs"]?.array ?? []
    }

    private static func eventually(_ home: SessionHome, _ isAsWanted: ([String]) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(90)
        while true {
            let status = try await home.run(["status"])
            if isAsWanted(status.lines) { return }
            guard ContinuousClock.now < deadline else {
                Issue.record("\(status.lines) \(status.errors)")
                return
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
