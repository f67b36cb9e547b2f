import Foundation
import PoDTestKit
import Testing

/// Publisher → monitor → watcher, with the built programs over real sockets.
@Suite(.timeLimit(.minutes(10)))
struct AdvertisedPathTests {
    @Test("what is published is seen, chosen and written in PoD's format")
    func publishedIsFound() async throws {
        try await TemporaryDirectory.with { directory in
            try await Products.withMonitor { udp, http in
                let published = try await Products.run([
                    "publish", "--job-id", "1234567890", "--address", "master.cern.ch:21001", "--destination", udp,
                    "--workers", "7", "--once",
                ])
                #expect(published.ending == .exited(code: 0))
                #expect(published.lines == ["1 datagrams sent"])

                let arguments = [
                    "watch", "--repository", http, "--once", "--json", "--allow-unsigned", "--directory",
                    directory.path,
                ]
                var document: [String: Any] = [:]
                try await eventually("the master is seen") {
                    let watched = try await Products.run(arguments)
                    document = try Self.object(watched.lines.first ?? "")
                    return watched.ending == .exited(code: 0)
                }
                let chosen = try #require(document["chosen"] as? [String: Any])
                #expect(chosen["masterJobId"] as? String == "1234567890")
                #expect(chosen["host"] as? String == "master.cern.ch")
                #expect(chosen["port"] as? Int == 21001)
                #expect(chosen["wanted"] as? Int == 7)
                #expect(chosen["farm"] as? String == "TEST")
                #expect((document["masters"] as? [Any])?.count == 1)
                #expect((document["skipped"] as? [Any])?.isEmpty == true)

                let configuration = directory.appendingPathComponent("server_info.cfg")
                let user = NSUserName()
                let expected = "[server]\nhost=master.cern.ch\nuser=\(user)\nport=21001\n\n"
                #expect(try String(contentsOf: configuration, encoding: .utf8) == expected)
                for name in ["server_info.cfg", "server_info.json"] {
                    let path = directory.appendingPathComponent(name).path
                    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                    #expect(mode == 0o600)
                }
            }
        }
    }

    @Test("an unsigned advertisement is not believed unless that is asked for")
    func unsignedIsNotBelieved() async throws {
        try await Products.withMonitor { udp, http in
            let arguments = [
                "publish", "--job-id", "5", "--address", "127.0.0.1:21001", "--destination", udp, "--once",
            ]
            #expect(try await Products.run(arguments).ending == .exited(code: 0))
            try await eventually("the advertisement is refused") {
                let watched = try await Products.run(["watch", "--repository", http, "--once"])
                return watched.ending == .exited(code: 69) && watched.errors.contains("not signed")
            }
        }
    }

    @Test("a withdrawn master is seen but not chosen")
    func withdrawnIsNotChosen() async throws {
        try await Products.withMonitor { udp, http in
            let base = ["publish", "--job-id", "6", "--address", "127.0.0.1:21001", "--destination", udp, "--once"]
            _ = try await Products.run(base)
            _ = try await Products.run(base + ["--workers", "0"])
            try await eventually("the withdrawal is seen") {
                let watched = try await Products.run([
                    "watch", "--repository", http, "--once", "--json", "--allow-unsigned",
                ])
                let masters = try Self.object(watched.lines.first ?? "")["masters"] as? [[String: Any]]
                return watched.ending == .exited(code: 69) && masters?.first?["wanted"] as? Int == 0
            }
        }
    }

    @Test("a run without a master ends after the run time with 69")
    func runEnds() async throws {
        try await Products.withMonitor { _, http in
            let watched = try await Products.run([
                "watch", "--repository", http, "--check-period", "1", "--run-time", "2", "--allow-unsigned",
            ])
            #expect(watched.ending == .exited(code: 69))
            #expect(watched.lines == ["no master wants workers"])
        }
    }

    private static func object(_ line: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }
}
