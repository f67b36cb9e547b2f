import Foundation
import PoDTestKit
import Testing

/// The advertised path with keys and tickets, and the built programs over real sockets.
@Suite(.timeLimit(.minutes(10))) struct SignedPathTests {
    /// A directory with the keys and tickets of a VO, a session's master and a worker node.
    private struct Keys {
        let directory: URL
        let vo: String

        init(in directory: URL) async throws {
            self.directory = directory
            try FileManager.default.createDirectory(
                at: directory.appendingPathComponent("state"), withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
            let path = { directory.appendingPathComponent($0).path }
            for name in ["vo.pem", "state/session-key.pem", "worker.pem", "stranger.pem"] {
                #expect(try await Products.run(["keys", "new", path(name)]).ending == .exited(code: 0))
            }
            self.vo = try #require(try await Products.run(["keys", "show", path("vo.pem")]).lines.first)
            for (role, key, ticket) in [
                ("master", "state/session-key.pem", "state/ticket"), ("worker", "worker.pem", "worker.ticket"),
            ] {
                let issued = try await Products.run([
                    "ticket", "issue", "--signing-key", path("vo.pem"), "--role", role, "--subject", "test",
                    "--holder-key", path(key), "--lifetime", "1h",
                ])
                try Data((try #require(issued.lines.first) + "\n").utf8).write(to: URL(fileURLWithPath: path(ticket)))
            }
        }

        func path(_ name: String) -> String { self.directory.appendingPathComponent(name).path }
    }

    /// Runs a master that signs, its publisher, and a monitor, for the time of `body`, which gets the monitor's URL.
    private static func withMaster(_ keys: Keys, _ body: (String) async throws -> Void) async throws {
        try await Products.withMonitor { udp, http in
            let master = [
                "master", "--job-id", "77", "--workers", "1", "--advertise", "127.0.0.1", "--status-file",
                keys.path("status.json"), "--state-directory", keys.path("state"), "--trusted-key", keys.vo,
                "--publish-period", "1", "--recipe", "command", "--command", "sleep", "600",
            ]
            try await ChildProcess.run(Products.alienPod, arguments: master) { master in
                _ = try await master.firstLine { $0.hasPrefix("master 77 at ") }
                let publish = ["publish", "--status-file", keys.path("status.json"), "--destination", udp]
                try await ChildProcess.run(Products.alienPod, arguments: publish) { _ in
                    try await body(http)
                }
            }
        }
    }

    private static func watch(
        _ http: String, _ arguments: [String]
    ) async throws -> (code: ChildProcess.Ending, document: [String: Any], errors: String) {
        let result = try await Products.run(
            ["watch", "--repository", http, "--once", "--json", "--job-id", "77"] + arguments)
        let document = try JSONSerialization.jsonObject(with: Data((result.lines.first ?? "{}").utf8))
        return (result.ending, document as? [String: Any] ?? [:], result.errors)
    }

    @Test("a master is believed by its ticket, and takes the worker that has one")
    func signed() async throws {
        try await TemporaryDirectory.with { directory in
            let keys = try await Keys(in: directory)
            try await Self.withMaster(keys) { http in
                try await eventually("the master is believed") {
                    let watched = try await Self.watch(
                        http, ["--trusted-key", keys.vo, "--directory", directory.path])
                    let chosen = watched.document["chosen"] as? [String: Any]
                    return watched.code == .exited(code: 0) && chosen?["owner"] as? String == "test"
                        && watched.errors.isEmpty
                }
                // Nobody else's key, and no key at all, will do.
                let stranger = try await Products.run(["keys", "show", keys.path("stranger.pem")])
                for arguments in [["--trusted-key", try #require(stranger.lines.first)], []] {
                    let watched = try await Self.watch(http, arguments)
                    #expect(watched.code == .exited(code: 69))
                    #expect(watched.errors.contains("trusted keys"), "\(watched.errors)")
                }
                let allowed = try await Self.watch(http, ["--allow-unsigned"])
                #expect(allowed.code == .exited(code: 0))
                #expect(allowed.errors.contains("warning: master 77"), "\(allowed.errors)")

                let worker = [
                    "worker", "--server-info", keys.path("server_info.json"), "--directory", keys.path("w"), "--recipe",
                    "command", "--command", "sleep", "600",
                ]
                let refused = try await Products.run(worker)
                #expect(refused.ending == .exited(code: 77))
                let site = ["--ticket-file", keys.path("worker.ticket"), "--key-file", keys.path("worker.pem")]
                let arguments = worker.prefix(5) + site + worker.dropFirst(5)
                try await ChildProcess.run(Products.alienPod, arguments: Array(arguments)) { worker in
                    try await eventually("the worker is there") {
                        SessionStatus(at: directory.appendingPathComponent("status.json"))?.workers.registered == 1
                    }
                    worker.send(signal: SIGTERM)
                    #expect(try await worker.ending() == .exited(code: 0))
                }
            }
        }
    }

    @Test(
        "wrong uses of the options are told",
        arguments: [
            (["worker"], 64, "--join"),
            (["worker", "--join", "a", "--server-info", "b"], 64, "one of"),
            (["worker", "--server-info", "b", "--ticket-file", "t"], 64, "--key-file"),
            (["worker", "--join", "/no/such.json"], 66, "join file"),
            (["watch", "--repository", "http://127.0.0.1:1", "--trusted-key", "abc"], 64, "trusted_key"),
            (["watch", "--repository", "http://127.0.0.1:1", "--trusted-keys-file", "/no/such"], 66, "/no/such"),
            (
                ["master", "--job-id", "1", "-n", "1", "--status-file", "/tmp/s.json", "--trusted-key", "abc"], 64,
                "public key"
            ),
        ])
    func wrongOptions(_ arguments: [String], _ code: Int32, _ text: String) async throws {
        let result = try await Products.run(arguments)
        #expect(result.ending == .exited(code: code))
        #expect(result.errors.contains(text), "\(result.errors)")
    }
}
