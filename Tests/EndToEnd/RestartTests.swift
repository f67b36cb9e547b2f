import Foundation
import PoDCore
import PoDTestKit
import Testing

/// A master that is killed and started again, and what its user asks of it, as processes.
@Suite(.timeLimit(.minutes(10)))
struct RestartTests {
    private static func master(_ directory: URL, workers: Int = 1) -> [String] {
        [
            "master", "--job-id", "77", "--allow-unsigned-workers", "--workers", String(workers), "--advertise",
            "127.0.0.1", "--status-file",
            self.status(directory).path, "--state-directory", directory.appendingPathComponent("state").path,
            "--recipe", "command", "--command", "true",
        ]
    }

    private static func status(_ directory: URL) -> URL { directory.appendingPathComponent("status.json") }

    /// The arguments of a worker of the master that runs there.
    private static func worker(_ directory: URL, _ name: String) throws -> [String] {
        let info = directory.appendingPathComponent("\(name).json")
        try Products.writeServerInfo(of: self.status(directory), to: info)
        return [
            "worker", "--server-info", info.path, "--directory", directory.appendingPathComponent(name).path,
            "--recipe", "command", "--command", "sleep", "600",
        ]
    }

    private static func ask(_ directory: URL, _ words: String...) async throws -> JSONValue {
        let answer = try await Products.run(words + ["--json", "--status-file", self.status(directory).path])
        return try JSONValue(parsing: Array((answer.lines.first ?? "").utf8))
    }

    private static func workers(_ directory: URL) async throws -> [JSONValue] {
        try await self.ask(directory, "workers", "list")["workers"]?.array ?? []
    }

    @Test("kill -9 of the master: a new one with its state takes the worker back, and knows what was wanted")
    func takesBack() async throws {
        try await TemporaryDirectory.with { directory in
            var lease = ""
            try await ChildProcess.run(Products.alienPod, arguments: Self.master(directory)) { master in
                _ = try await master.firstLine { $0.hasPrefix("master 77 at ") }
                let arguments = try Self.worker(directory, "worker")
                try await ChildProcess.run(Products.alienPod, arguments: arguments) { worker in
                    try await eventually("the worker is registered") {
                        SessionStatus(at: Self.status(directory))?.workers.registered == 1
                    }
                    lease = try await Self.workers(directory).first?["lease"]?.string ?? ""
                    #expect(!lease.isEmpty)
                    #expect(try await Self.ask(directory, "workers", "want", "2")["wanted"]?.integer == 2)

                    master.send(signal: SIGKILL)
                    _ = try await master.ending()
                    let gone = try await Products.run(["status", "--status-file", Self.status(directory).path])
                    #expect(gone.ending == .exited(code: 69))

                    try await ChildProcess.run(Products.alienPod, arguments: Self.master(directory)) { second in
                        _ = try await second.firstLine { $0.hasPrefix("master 77 at ") }
                        try await eventually("the worker is back") {
                            SessionStatus(at: Self.status(directory))?.workers.registered == 1
                        }
                        let back = try await Self.workers(directory)
                        #expect(back.map { $0["lease"]?.string } == [lease])
                        #expect(SessionStatus(at: Self.status(directory))?.workers.wanted == 2)

                        let told = try await Self.ask(directory, "workers", "stop", lease)
                        #expect(told["told"]?.array?.first?.string == lease)
                        #expect(try await worker.ending() == .exited(code: 0))
                        try await eventually("its slot is free") {
                            SessionStatus(at: Self.status(directory))?.workers.leased == 0
                        }
                    }
                }
            }
        }
    }

    @Test("two masters on one state directory: the second is refused with 75 and the first one's process")
    func oneMaster() async throws {
        try await TemporaryDirectory.with { directory in
            try await ChildProcess.run(Products.alienPod, arguments: Self.master(directory)) { master in
                _ = try await master.firstLine { $0.hasPrefix("master 77 at ") }
                var arguments = Self.master(directory)
                let index = try #require(arguments.firstIndex(of: "--status-file"))
                arguments[index + 1] = directory.appendingPathComponent("other.json").path
                let second = try await Products.run(arguments)
                #expect(second.ending == .exited(code: 75))
                #expect(second.errors.contains("process \(master.processID)"))
            }
        }
    }

    @Test("fewer workers are wanted: the youngest leaves, the other stays")
    func fewer() async throws {
        try await TemporaryDirectory.with { directory in
            try await ChildProcess.run(Products.alienPod, arguments: Self.master(directory, workers: 2)) { master in
                _ = try await master.firstLine { $0.hasPrefix("master 77 at ") }
                let arguments = [try Self.worker(directory, "first"), try Self.worker(directory, "second")]
                try await ChildProcess.run(Products.alienPod, arguments: arguments[0]) { first in
                    try await eventually("the first is registered") {
                        SessionStatus(at: Self.status(directory))?.workers.registered == 1
                    }
                    try await ChildProcess.run(Products.alienPod, arguments: arguments[1]) { second in
                        try await eventually("both are registered") {
                            SessionStatus(at: Self.status(directory))?.workers.registered == 2
                        }
                        let leaving = try await Self.ask(directory, "workers", "want", "1")["leaving"]?.array?.count
                        #expect(leaving == 1)
                        #expect(try await second.ending() == .exited(code: 0))
                        #expect(try await Self.workers(directory).count == 1)
                        _ = first
                    }
                }
            }
        }
    }
}
