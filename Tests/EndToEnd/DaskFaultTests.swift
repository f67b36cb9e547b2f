import Foundation
import PoDCore
import PoDTestKit
import Testing

/// Faults in a session with a real Dask: what it had computed may be gone, but it computes again.
@Suite(.timeLimit(.minutes(15))) struct DaskFaultTests {
    private static func path(_ directory: URL, _ name: String) -> String {
        directory.appendingPathComponent(name).path
    }

    private static func status(_ directory: URL) -> SessionStatus? {
        SessionStatus(at: directory.appendingPathComponent("status.json"))
    }

    /// Runs a master, and what it is to be run with, for the time of `body`.
    private static func withMaster(_ directory: URL, _ body: (ChildProcess) async throws -> Void) async throws {
        let arguments = [
            "master", "--job-id", "77", "--allow-unsigned-workers", "--workers", "2", "--advertise", "127.0.0.1",
            "--status-file",
            self.path(directory, "status.json"), "--state-directory", self.path(directory, "state"),
        ]
        try await ChildProcess.run(Products.alienPod, arguments: arguments) { master in
            // The first time ever, Dask is installed.
            _ = try await master.firstLine(within: .seconds(600)) { $0.hasPrefix("master 77 at ") }
            let info = directory.appendingPathComponent("server_info.json")
            try Products.writeServerInfo(of: directory.appendingPathComponent("status.json"), to: info)
            try await body(master)
        }
    }

    private static func withWorker(
        _ directory: URL, _ name: String, _ arguments: [String] = [], _ body: (ChildProcess) async throws -> Void
    ) async throws {
        let worker = [
            "worker", "--server-info", self.path(directory, "server_info.json"), "--directory",
            self.path(directory, name),
        ]
        try await ChildProcess.run(Products.alienPod, arguments: worker + arguments) { try await body($0) }
    }

    /// What a user's Python prints, line by line, connected to the session.
    private static func python(_ program: String, _ directory: URL) async throws -> [String] {
        let connect = ["connect", "--status-file", self.path(directory, "status.json"), "--json"]
        return try await ChildProcess.run(Products.alienPod, arguments: connect) { connection in
            let line = try #require(try await connection.nextLine())
            let document = try JSONValue(parsing: Array(line.utf8))
            let lines = (document["lines"]?.array ?? []).compactMap(\.string)
            let python = try #require(self.status(directory)?.detail("python"))
            return try await ChildProcess.run(
                python, arguments: ["-c", (lines + [program]).joined(separator: "\n")]
            ) { client in
                var output: [String] = []
                while let line = try await client.nextLine(within: .seconds(180)) {
                    output.append(line)
                }
                #expect(try await client.ending() == .exited(code: 0), "\(client.errorText)")
                return output
            }
        }
    }

    private static func leases(_ directory: URL) async throws -> [String] {
        let answer = try await Products.run([
            "workers", "list", "--json", "--status-file", self.path(directory, "status.json"),
        ])
        let list = try JSONValue(parsing: Array((answer.lines.first ?? "").utf8))["workers"]?.array ?? []
        return list.compactMap { $0["lease"]?.string }
    }

    private static let sum = "client.wait_for_workers(1, timeout=60)\nprint(client.submit(sum, range(1000)).result(60))"

    @Test("kill -9 of the master: the head daemon comes back where it was, and the same workers compute again")
    func masterKilled() async throws {
        try await TemporaryDirectory.with { directory in
            var scheduler: String?
            var leases: [String] = []
            try await Self.withMaster(directory) { master in
                try await Self.withWorker(directory, "worker") { _ in
                    #expect(try await Self.python(Self.sum, directory) == ["499500"])
                    scheduler = Self.status(directory)?.detail("scheduler")
                    leases = try await Self.leases(directory)
                    #expect(leases.count == 1)
                    master.send(signal: SIGKILL)
                    _ = try await master.ending()
                    try await Self.withMaster(directory) { _ in
                        #expect(Self.status(directory)?.detail("scheduler") == scheduler)
                        try await eventually("the worker is registered again") {
                            Self.status(directory)?.workers.registered == 1
                        }
                        #expect(try await Self.python(Self.sum, directory) == ["499500"])
                        #expect(try await Self.leases(directory) == leases)
                    }
                }
            }
        }
    }

    @Test("a worker whose time is over hands over what it holds before its daemon ends")
    func timeToLive() async throws {
        try await TemporaryDirectory.with { directory in
            try await Self.withMaster(directory) { _ in
                try await Self.withWorker(directory, "long") { _ in
                    // It leaves at the half of its time.
                    try await Self.withWorker(directory, "short", ["--ttl", "60"]) { short in
                        let lines = try await Self.python(
                            """
                            import time
                            client.wait_for_workers(2, timeout=25)
                            addresses = list(client.scheduler_info()["workers"])
                            held = [client.scatter({address: 7}, workers=[address])[address] for address in addresses]
                            print(len({tuple(where) for where in client.who_has(held).values()}))
                            while len(client.scheduler_info()["workers"]) > 1:
                                time.sleep(0.2)
                            print(client.gather(held, errors="raise"))
                            """, directory)
                        #expect(lines == ["2", "[7, 7]"])
                        #expect(try await short.ending() == .exited(code: 0))
                        #expect(
                            try await short.firstLine { $0.hasPrefix("worker ended") }
                                == "worker ended: the JobAgent's time is nearly over")
                    }
                }
            }
        }
    }
}
