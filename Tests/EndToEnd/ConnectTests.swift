import Foundation
import PoDCore
import PoDTestKit
import Testing

/// A user on another machine, as far as one machine shows it: with nothing but the session's directory.
@Suite(.timeLimit(.minutes(15)))
struct ConnectTests {
    @Test("a Python client computes on the session through the user's own port, and nobody without the key gets one")
    func computes() async throws {
        try await TemporaryDirectory.with { directory in
            let path = { (name: String) in directory.appendingPathComponent(name).path }
            let arguments = [
                "master", "--job-id", "77", "--allow-unsigned-workers", "--workers", "1", "--advertise", "127.0.0.1",
                "--status-file",
                path("status.json"), "--state-directory", path("state"),
            ]
            try await ChildProcess.run(Products.alienPod, arguments: arguments) { master in
                _ = try await master.firstLine(within: .seconds(600)) { $0.hasPrefix("master 77 at ") }
                let status = try #require(SessionStatus(at: directory.appendingPathComponent("status.json")))
                let info = directory.appendingPathComponent("server_info.json")
                try Products.writeServerInfo(of: directory.appendingPathComponent("status.json"), to: info)
                let worker = ["worker", "--server-info", info.path, "--directory", path("worker")]
                try await ChildProcess.run(Products.alienPod, arguments: worker) { _ in
                    let connect = ["connect", "--status-file", path("status.json"), "--json"]
                    try await ChildProcess.run(Products.alienPod, arguments: connect) { connection in
                        let line = try #require(try await connection.nextLine())
                        let document = try JSONValue(parsing: Array(line.utf8))
                        let lines = (document["lines"]?.array ?? []).compactMap(\.string)
                        let program = (lines + ["print(client.submit(sum, range(1000)).result(60))"])
                            .joined(separator: "\n")
                        let python = try #require(status.detail("python"))
                        let answer = try await ChildProcess.run(python, arguments: ["-c", program]) { client in
                            let answer = try await client.nextLine()
                            _ = try await client.ending()
                            return answer
                        }
                        #expect(answer == "499500")
                    }
                    try FileManager.default.moveItem(atPath: path("state/session-key.pem"), toPath: path("hidden"))
                    let refused = try await Products.run(connect)
                    #expect(refused.ending == .exited(code: 66))
                    #expect(refused.errors.contains("session-key.pem"))
                }
            }
        }
    }
}
