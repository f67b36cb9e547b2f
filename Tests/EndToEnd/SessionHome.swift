import Foundation
import PoDTestKit
import Testing

/// A user's home of a test's own, with the sessions that `alien-pod up` starts in it. None is left when the scope ends.
struct SessionHome {
    let directory: URL
    let environment: [String: String]

    /// - Parameter variables: More of the environment.
    static func with(
        _ variables: [String: String] = [:], _ body: (SessionHome) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            var environment = Products.environment
            // Dask is installed once for all tests.
            environment["XDG_CACHE_HOME"] = environment["XDG_CACHE_HOME"] ?? "\(NSHomeDirectory())/.cache"
            environment["HOME"] = directory.path
            environment.merge(variables) { $1 }
            let home = SessionHome(directory: directory, environment: environment)
            do {
                try await body(home)
            } catch {
                await home.clear()
                throw error
            }
            await home.clear()
        }
    }

    func run(
        _ arguments: [String], within limit: Duration = .patience
    ) async throws -> (lines: [String], errors: String, ending: ChildProcess.Ending) {
        try await Products.run(arguments, environment: self.environment, within: limit)
    }

    /// The lines that another program prints.
    func command(_ command: [String]) async throws -> [String] {
        try await ChildProcess.run(
            command[0], arguments: Array(command.dropFirst()), environment: self.environment
        ) { child in
            var lines: [String] = []
            while let line = try await child.nextLine() { lines.append(line) }
            return lines
        }
    }

    /// Starts a session whose workers run `sleep`, and gives what ends with it.
    func up(_ name: String = "default", workers: Int = 2) async throws -> [SessionProcess] {
        let mark = "86\(UInt32.random(in: 100_000...999_999))"
        let result = try await self.run(
            ["up", name, "-n", String(workers), "--recipe", "command", "--command", "sleep", mark])
        #expect(result.ending == .exited(code: 0), "\(result.errors)")
        let processes = try self.processes(of: name)
        #expect(processes.map(\.kind) == ["master"] + Array(repeating: "worker", count: workers))
        #expect(processes.allRun)
        return processes
    }

    func path(of name: String) -> URL {
        self.directory.appendingPathComponent(".alien-pod/sessions/\(name)")
    }

    /// The processes of a session, as `jobs.json` has them.
    func processes(of name: String) throws -> [SessionProcess] {
        struct Jobs: Decodable {
            let jobs: [SessionProcess]
        }
        let file = self.path(of: name).appendingPathComponent("jobs.json")
        return try JSONDecoder().decode(Jobs.self, from: try Data(contentsOf: file)).jobs
    }

    /// The processes that have this home in their command line, as all of a session do but for the workers' daemons.
    var allProcesses: [String] {
        let mark = Data(self.directory.path.utf8)
        return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).filter { process in
            Int32(process) != nil
                && FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.range(of: mark) != nil
        }
    }

    private func clear() async {
        let sessions = self.path(of: "x").deletingLastPathComponent().path
        for name in (try? FileManager.default.contentsOfDirectory(atPath: sessions)) ?? [] {
            _ = try? await self.run(["down", name])
        }
        #expect(self.allProcesses == [])
    }
}

/// A process of a session.
struct SessionProcess: Decodable {
    let kind: String
    let id: String

    var processID: Int32 { Int32(self.id.prefix { $0 != "." }) ?? 0 }

    /// Where nobody waits for a process of the machine's own, its entry stays when it has ended.
    var isRunning: Bool {
        guard let line = try? String(contentsOfFile: "/proc/\(self.processID)/stat", encoding: .utf8) else {
            return false
        }
        return !line.contains(") Z ")
    }
}

extension [SessionProcess] {
    var allRun: Bool { self.allSatisfy(\.isRunning) }
    var haveEnded: Bool { !self.contains(where: \.isRunning) }
}
