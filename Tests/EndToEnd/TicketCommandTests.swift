import Foundation
import PoDCore
import PoDTestKit
import Testing

/// `alien-pod keys` and `alien-pod ticket`, as an administrator and a user type them.
@Suite(.timeLimit(.minutes(10))) struct TicketCommandTests {
    @Test func issuesASessionFromAVOToAMaster() async throws {
        try await TemporaryDirectory.with { directory in
            var publicKeys: [String: String] = [:]
            for name in ["vo", "user", "session"] {
                let path = directory.appendingPathComponent(name).path
                let made = try await Products.run(["keys", "new", path])
                #expect(made.ending == .exited(code: 0))
                #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
                publicKeys[name] = made.lines.first
                #expect(try await Products.run(["keys", "show", path]).lines == made.lines)
            }
            let (vo, user, session) = (
                directory.appendingPathComponent("vo").path, directory.appendingPathComponent("user").path,
                directory.appendingPathComponent("session").path
            )
            let trusted = try #require(publicKeys["vo"])

            let userTicket = try await Self.issue([
                "--signing-key", vo, "--role", "user", "--subject", "aliprod", "--holder-key",
                try #require(publicKeys["user"]), "--lifetime", "7d", "--issuer", "alice", "--workers", "500",
            ])
            let file = directory.appendingPathComponent("user.ticket")
            try Data((userTicket + "\n").utf8).write(to: file)
            let jwkFile = directory.appendingPathComponent("session.jwk")
            let jwk = try await Products.run(["keys", "show", session, "--jwk"]).lines
            try Data(jwk.joined().utf8).write(to: jwkFile)
            for holder in [session, jwkFile.path] {
                for signing in [userTicket, file.path] {
                    let ticket = try await Self.issue([
                        "--signing-key", user, "--signing-ticket", signing, "--role", "master", "--subject", "s1",
                        "--holder-key", holder, "--lifetime", "12h",
                    ])
                    let shown = try await Self.show(ticket, trusted: trusted)
                    #expect(shown.ending == .exited(code: 0))
                    #expect(shown.report["valid"] == .bool(true))
                    #expect(shown.report["trustedKey"]?.string == trusted)
                    let tickets = try #require(shown.report["tickets"]?.array)
                    #expect(tickets.map { $0["sub"]?.string } == ["s1", "aliprod"])
                    #expect(tickets.map { $0["workers"]?.integer } == [500, 500])
                    let lines = try await Products.run(["keys", "show", session, "--thumbprint"]).lines
                    #expect(tickets.first?["thumbprint"]?.string == lines.first)
                }
            }

            let untrusted = try await Self.show(userTicket, trusted: nil)
            #expect(untrusted.ending == .exited(code: 77))
            #expect(untrusted.report["valid"] == .bool(false))
            #expect(untrusted.errors == "alien-pod: ticket: signed by none of the 0 trusted keys\n")
        }
    }

    @Test func saysWhatIsWrongInOneLine() async throws {
        try await TemporaryDirectory.with { directory in
            let key = directory.appendingPathComponent("key").path
            let open = directory.appendingPathComponent("open").path
            for path in [key, open] {
                _ = try await Products.run(["keys", "new", path])
            }
            #expect(chmod(open, 0o644) == 0)
            let holder = try #require(try await Products.run(["keys", "show", key]).lines.first)
            let issue = ["ticket", "issue", "--role", "user", "--subject", "a", "--lifetime", "1h"]
            let cases: [(arguments: [String], code: Int32, text: String)] = [
                (["keys", "new", key], 73, "File exists"),
                (["keys", "show", open], 77, "expected mode 0600, found 0644"),
                (["keys", "show", "/nonexistent"], 66, "No such file"),
                (["keys", "show", "/dev/null"], 66, "regular file"),
                (issue + ["--signing-key", open, "--holder-key", holder], 77, "expected mode 0600"),
                (issue + ["--signing-key", key, "--holder-key", "/nonexistent"], 66, "holder key"),
                (issue + ["--signing-key", key, "--holder-key", "a\nb"], 66, "holder key"),
                (issue + ["--signing-key", key, "--holder-key", holder, "--issuer", "$(x)"], 64, "issuer: expected"),
                (issue + ["--signing-key", key, "--holder-key", holder, "--workers", "0"], 64, "workers: expected"),
                (
                    issue + ["--signing-key", key, "--holder-key", holder, "--signing-ticket", "x"], 65,
                    "ticket: expected three parts"
                ),
                (["ticket", "show", "/dev/null"], 65, "ticket: expected three parts"),
                (["ticket", "show", directory.path], 66, "can't read the ticket from"),
                (["ticket", "show", "a.b"], 65, "ticket: expected three parts"),
                (["ticket", "show", "a.b.c", "--trusted-key", "x"], 64, "public key: expected 32 bytes in base64"),
            ]
            for (arguments, code, text) in cases {
                let result = try await Products.run(arguments)
                #expect(result.ending == .exited(code: code), "\(arguments): \(result.errors)")
                #expect(result.errors.hasPrefix("alien-pod: "))
                #expect(result.errors.contains(text), "\(arguments): \(result.errors)")
                #expect(result.errors.filter { $0 == "\n" }.count == 1)
            }
            for lifetime in ["", "12", "h", "-1h", "0s", "1.5h", "1w", "99999d", "9223372036854775807d"] {
                let result = try await Products.run(
                    issue.dropLast() + [lifetime, "--signing-key", key, "--holder-key", holder])
                #expect(result.ending == .exited(code: 64), "\(lifetime)")
            }
        }
    }

    private static func issue(_ arguments: [String]) async throws -> String {
        let result = try await Products.run(["ticket", "issue"] + arguments)
        #expect(result.ending == .exited(code: 0), "\(result.errors)")
        return try #require(result.lines.first)
    }

    private static func show(
        _ ticket: String, trusted: String?
    ) async throws -> (report: JSONValue, errors: String, ending: ChildProcess.Ending) {
        let result = try await Products.run(
            ["ticket", "show", ticket] + (trusted.map { ["--trusted-key", $0] } ?? []))
        let report = try JSONValue(parsing: Array(try #require(result.lines.first).utf8))
        return (report, result.errors, result.ending)
    }
}
