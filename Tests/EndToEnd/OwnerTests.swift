import Foundation
import PoDCore
import PoDTestKit
import Testing

/// The session's owner on another machine, as far as one machine shows it: with the key, and without the admin socket.
@Suite(.timeLimit(.minutes(10))) struct OwnerTests {
    /// Runs a master with a state directory for the time of `body`, which gets the session's directory and its address.
    private static func withMaster(_ body: (URL, String) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            let arguments = [
                "master", "--job-id", "77", "--allow-unsigned-workers", "--workers", "1", "--advertise", "127.0.0.1",
                "--status-file",
                directory.appendingPathComponent("status.json").path, "--state-directory",
                directory.appendingPathComponent("state").path, "--recipe", "command", "--command", "true",
            ]
            try await ChildProcess.run(Products.alienPod, arguments: arguments) { master in
                let line = try await master.firstLine { $0.hasPrefix("master 77 at ") }
                let address = try #require(line.split(separator: " ").dropFirst(3).first).dropLast()
                try await body(directory, String(address))
            }
        }
    }

    @Test("the owner's key is enough: the same commands over the control port")
    func asks() async throws {
        try await Self.withMaster { directory, address in
            let state = directory.appendingPathComponent("state").path
            let owner = ["--master", address, "--state-directory", state]
            let wanted = try await Products.run(["workers", "want", "3"] + owner)
            #expect(wanted.lines == ["3 workers wanted"], "\(wanted.errors)")
            let status = try await Products.run(["status", "--json"] + owner)
            let report = try JSONValue(parsing: Array(status.lines.joined().utf8))
            #expect(report["session"]?["workers"]?["wanted"]?.integer == 3)
            let list = try await Products.run(["workers", "list", "--json"] + owner)
            #expect(list.lines == [#"{"workers":[]}"#])
            let unknown = try await Products.run(["workers", "logs", "5.1"] + owner)
            #expect(unknown.ending == .exited(code: 66), "\(unknown.errors)")

            // Where the status file is but the socket is not, as on a shared file system.
            let session = ["--session", directory.path]
            let socket = try #require(
                SessionStatus(at: directory.appendingPathComponent("status.json"))?.detail("admin"))
            try FileManager.default.removeItem(atPath: socket)
            let shared = try await Products.run(["workers", "want", "2"] + session)
            #expect(shared.lines == ["2 workers wanted"], "\(shared.errors)")
        }
    }

    @Test("another key than the session's gets no answer")
    func stranger() async throws {
        try await Self.withMaster { directory, address in
            try await Self.withMaster { other, _ in
                let stranger = ["--master", address, "--state-directory", other.appendingPathComponent("state").path]
                for command in [["status"], ["workers", "want", "9"], ["connect"]] {
                    let result = try await Products.run(command + stranger)
                    #expect(result.ending == .exited(code: 69), "\(command): \(result.errors)")
                    #expect(result.lines.isEmpty && result.errors.contains(address))
                }
            }
            #expect(SessionStatus(at: directory.appendingPathComponent("status.json"))?.workers.wanted == 1)
        }
    }
}
