import Foundation
import PoDCore
import PoDTestKit
import Testing

/// `alien-pod status` and `alien-pod workers` where no master answers.
@Suite(.timeLimit(.minutes(10))) struct StatusCommandTests {
    @Test("of a master that is gone, status shows what it wrote last, and says so")
    func masterGone() async throws {
        try await TemporaryDirectory.with { directory in
            let document =
                #"{"masterJobId":"77","phase":"running","epoch":"5","sequence":"9","advertisement":[],"#
                + #""workers":{"wanted":4,"leased":3,"registered":2},"details":{"scheduler":"tls://127.0.0.1:8786"}}"#
            let file = directory.appendingPathComponent("status.json")
            try Data(document.utf8).write(to: file)
            let reason = "nobody holds the lock of \(file.path)"

            let text = try await Products.run(["status", directory.path])
            #expect(text.ending == .exited(code: 69))
            #expect(
                text.lines == [
                    "the master is gone: \(reason)", "master 77 was running",
                    "workers: 2 registered, 3 leased, 4 wanted", "scheduler: tls://127.0.0.1:8786",
                ])
            let json = try await Products.run(["status", "--status-file", file.path, "--json"])
            #expect(json.ending == .exited(code: 69))
            let report = try JSONValue(parsing: Array(json.lines.joined().utf8))
            #expect(report["alive"] == .bool(false))
            #expect(report["problem"] == .string(reason))
            #expect(try report["session"] == JSONValue(parsing: Array(document.utf8)))

            let workers = try await Products.run(["workers", "--session", directory.path])
            #expect(workers.ending == .exited(code: 69))
            #expect(workers.errors == "alien-pod: the master is gone: \(reason)\n")
        }
    }

    @Test("what is missing or wrong is one line and an exit code")
    func wrongUsage() async throws {
        try await TemporaryDirectory.with { directory in
            // A home without sessions.
            let home = Products.environment.merging(["HOME": directory.path]) { $1 }
            let none = ["--session", directory.path]
            let cases: [(arguments: [String], code: Int32, text: String)] = [
                (["status"], 64, "no session"), (["workers", "list"], 64, "no session"),
                (["status", "--status-file", "a"] + [directory.path], 64, "found both"),
                (["workers", "drain"] + none, 64, "expected leases or --all"),
                (["workers", "stop", "5.1", "--all"] + none, 64, "expected leases or --all"),
                (["workers", "restart", "../x"] + none, 64, "lease: expected"),
                (["workers", "want", "1000001"] + none, 64, "expected 0 to 1000000 workers"),
                (["workers", "logs", "5.1", "-n", "0"] + none, 64, "expected 1 to 1000 lines"),
                (["workers", "want", "3"] + none, 69, "status.json is not there"),
                (["status", "--master", "host"] + [directory.path], 64, "host"),
                (["status", "--master", "host:1"], 64, "no session"),
                (["status", "--master", "127.0.0.1:1"] + [directory.path], 66, "session-key.pem"),
            ]
            for (arguments, code, text) in cases {
                let result = try await Products.run(arguments, environment: home)
                #expect(result.ending == .exited(code: code), "\(arguments): \(result.errors)")
                #expect(result.errors.contains(text), "\(arguments): \(result.errors)")
            }
            let gone = try await Products.run(["status"] + [directory.path])
            #expect(gone.ending == .exited(code: 69))
            #expect(gone.lines == ["the master is gone: \(directory.path)/status.json is not there"])
        }
    }
}
