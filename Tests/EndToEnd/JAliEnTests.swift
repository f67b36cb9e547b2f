import Foundation
import PoDCore
import PoDTestKit
import Testing

/// A session on the grid, by the real alien.py: central services, storage and worker nodes are ``CentralService``'s.
@Suite(.timeLimit(.minutes(10)), .enabled(if: CentralService.canRun, "alien.py is not installed"))
struct JAliEnTests {
    private static let recipe = ["--recipe", "command", "--command", "sleep", "1000"]

    @Test("a master is a job of the grid, advertises itself by the job's id, serves its owner, and ends")
    func master() async throws {
        try await Products.withMonitor { udp, http in
            try await CentralService.run(["APMON_CONFIG": udp]) { service in
                let alienPy = URL(fileURLWithPath: try service.alienPy()).deletingLastPathComponent().path
                let path = "\(alienPy):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
                try await SessionHome.with(["PATH": path]) { home in
                    let submitted = try await home.run(
                        ["submit", "master", "-n", "2", "--backend", "jalien", "--no-wait", "--json"]
                            + ["--home", try Self.node(in: home.directory), "--advertise", "127.0.0.1"]
                            + ["--allow-unsigned-workers"]
                            + ["--directive", "Jobtag = {\"comment:run\"};"] + Self.recipe)
                    #expect(submitted.ending == .exited(code: 0), "\(submitted.errors)")
                    let id = try #require(try JSONValue(parsing: Array(submitted.lines.joined().utf8))["id"]?.string)

                    // As a JobAgent finds it.
                    let found = home.directory.appendingPathComponent("found")
                    try FileManager.default.createDirectory(at: found, withIntermediateDirectories: false)
                    let watch = try await home.run(
                        ["watch", "--repository", http, "--job-id", id, "--allow-unsigned", "--check-period", "1"]
                            + ["--run-time", "90", "--directory", found.path])
                    let job = service.directory.appendingPathComponent("jobs/\(id)")
                    let errors = try? String(contentsOf: job.appendingPathComponent("stderr"), encoding: .utf8)
                    #expect(watch.ending == .exited(code: 0), "\(watch.errors) \(errors ?? "no job")")
                    let info = found.appendingPathComponent("server_info.json")
                    let address = try #require(
                        try JSONValue(parsing: Array(Data(contentsOf: info)))["address"]?.string)
                    let owner = [
                        "--master", address, "--state-directory", home.path(of: "default").path + "/state",
                    ]
                    try await ChildProcess.run(
                        Products.alienPod,
                        arguments: ["worker", "--server-info", info.path, "--directory", found.path + "/worker"]
                            + Self.recipe
                    ) { worker in
                        var seen: [String] = []
                        let isRegistered = { (lines: [String]) in
                            lines.contains { $0.contains("1 registered, 1 leased, 2 wanted") }
                        }
                        let deadline = ContinuousClock.now + .seconds(60)
                        while !isRegistered(seen), ContinuousClock.now < deadline {
                            let status = try await home.run(["status"] + owner)
                            seen = status.lines + [status.errors]
                        }
                        #expect(isRegistered(seen), "\(seen) \(worker.errorText)")
                    }

                    let list = try await home.run(["submit", "list", "--json"])
                    let jobs = try JSONValue(parsing: Array(list.lines.joined().utf8))["jobs"]?.array
                    #expect(jobs?.map { $0["state"]?.string } == ["running"], "\(list.lines) \(list.errors)")

                    let down = try await home.run(["down"])
                    #expect(down.lines == ["session default is down"], "\(down.errors)")
                    let submit = try #require(try service.commands.last { $0.command == "submit" }?.options.first)
                    #expect(try await service.run(["stat", submit]).ending != .exited(code: 0), "it is cleared away")
                }
            }
        }
    }

    @Test("up finds the master in MonALISA, sends workers after it, and the user computes on them")
    func up() async throws {
        try await Products.withMonitor { udp, http in
            try await CentralService.run(["APMON_CONFIG": udp]) { service in
                let alienPy = URL(fileURLWithPath: try service.alienPy()).deletingLastPathComponent().path
                let path = "\(alienPy):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
                try await SessionHome.with(["PATH": path]) { home in
                    let up = try await home.run(
                        ["up", "-n", "2", "--backend", "jalien", "--repository", http, "--advertise", "127.0.0.1"]
                            + ["--directive", "Jobtag = {\"comment:run\"};"]
                            + ["--home", try Self.node(in: home.directory), "--json"], within: .seconds(400))
                    #expect(up.ending == .exited(code: 0), "\(up.errors)")
                    let analysis = """
                        from dask.distributed import Client
                        client = Client()
                        print(sum(client.gather(client.map(lambda x: x * x, range(10)))))
                        """
                    let computed = try await home.run(
                        ["connect", "--", "python", "-c", analysis])
                    #expect(computed.lines == ["285"], "\(computed.errors)")
                    let more = try await home.run(["submit", "workers", "--count", "1"] + ["--home", "/nowhere"])
                    #expect(more.ending == .exited(code: 0), "\(more.errors)")
                    let down = try await home.run(["down"], within: .seconds(200))
                    #expect(down.lines == ["session default is down"], "\(down.errors)")
                    let left = try service.commands.filter { $0.command == "submit" }.compactMap(\.options.first)
                    #expect(left.count == 3)
                    for job in left {
                        #expect(try await service.run(["stat", job]).ending != .exited(code: 0), "it is cleared away")
                    }
                }
            }
        }
    }

    @Test("without a repository nobody could tell where the master is, which is said before anything is sent")
    func noRepository() async throws {
        try await SessionHome.with { home in
            let refused = try await home.run(["submit", "master", "--backend", "jalien"])
            #expect(refused.ending == .exited(code: 64))
            #expect(refused.errors.contains("expected --repository, or podMonalisaUrl of the settings"))
            #expect(!FileManager.default.fileExists(atPath: home.path(of: "default").path))
        }
    }

    /// Where alien-pod is installed on a worker node.
    private static func node(in directory: URL) throws -> String {
        let bin = directory.appendingPathComponent("node/bin")
        try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
        let perl = Products.root.appendingPathComponent("perl").path
        let programs = [
            "alien-pod": "'\(Products.alienPod)'",
            "alien-pod-publish": "perl '-I\(perl)/blib/lib' '-I\(perl)/blib/arch' '\(perl)/bin/alien-pod-publish'",
        ]
        for (name, command) in programs {
            try ProgramFile.write(
                "#!/bin/sh\nexec \(command) \"$@\"\n", to: bin.appendingPathComponent(name).path)
        }
        return bin.deletingLastPathComponent().path
    }
}
