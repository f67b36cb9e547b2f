import Foundation
import PoDTestKit
import Testing

/// Wrong input: one line that names it, and the exit code.
@Suite(.timeLimit(.minutes(10)))
struct WrongInputTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let code: Int32
        let text: String
        var testDescription: String { self.arguments.joined(separator: " ") }
    }

    private static func publish(_ id: String, _ address: String, _ destination: String = "127.0.0.1:9") -> [String] {
        ["publish", "--job-id", id, "--address", address, "--destination", destination, "--once"]
    }

    @Test(arguments: [
        Case(arguments: publish("12abc", "h:1"), code: 64, text: "MasterJobId: expected a whole number"),
        Case(arguments: publish("9223372036854775808", "h:1"), code: 64, text: "MasterJobId"),
        Case(arguments: publish("0", "h:1"), code: 64, text: "MasterJobId"),
        Case(arguments: publish("1", "a;rm -rf:1"), code: 64, text: "Address: expected host:port"),
        Case(arguments: publish("1", "host:0"), code: 64, text: "Address"),
        Case(arguments: publish("1", "host:70000"), code: 64, text: "Address"),
        Case(arguments: publish("1", "1.2.3:80"), code: 64, text: "Address"),
        Case(arguments: publish("1", "h:1", "127.0.0.1:99999"), code: 64, text: "destination"),
        Case(arguments: publish("1", "h:1", "/no/such/file.conf"), code: 66, text: "/no/such/file.conf"),
        Case(arguments: publish("1", "h:1", "http://127.0.0.1:9/x.conf"), code: 69, text: "http://127.0.0.1:9/x.conf"),
        Case(arguments: ["watch", "--repository", "ftp://x", "--once"], code: 64, text: "repository"),
        Case(arguments: ["watch", "--repository", "http://127.0.0.1:9", "--once"], code: 69, text: "can't connect"),
        Case(
            arguments: ["watch", "--repository", "http://127.0.0.1:9", "--check-period", "0"], code: 64,
            text: "check_period: expected a whole number of seconds from 1 to 3600"),
        Case(
            arguments: ["master", "--job-id", "1", "--workers", "1", "--status-file", "/no/such/dir/status.json"],
            code: 73, text: "/no/such/dir"),
        Case(
            arguments: ["master", "--job-id", "1", "-n", "1", "--status-file", "s", "--recipe", "proof"], code: 64,
            text: "--recipe"),
        Case(arguments: ["worker", "--server-info", "/no/such.json"], code: 66, text: "/no/such.json"),
        Case(arguments: ["datagram", "decode", "/no/such.bin"], code: 66, text: "/no/such.bin"),
        Case(arguments: ["monitor", "--udp", "nowhere"], code: 64, text: "nowhere"),
        Case(arguments: ["demo", "--workers", "0"], code: 64, text: "--workers"),
        Case(arguments: ["up"], code: 64, text: "--workers"),
        Case(arguments: ["up", "-n", "1001"], code: 64, text: "--workers: expected 0 to 1000,"),
        Case(arguments: ["up", "-n", "1", "a b"], code: 64, text: "session: expected a name"),
        Case(arguments: ["up", "-n", "1", ".hidden"], code: 64, text: "session: expected a name"),
        Case(arguments: ["up", "-n", "1", "--backend", "cloud"], code: 64, text: "backend: expected one of local"),
        Case(arguments: ["up", "-n", "1", "--recipe", "proof"], code: 64, text: "--recipe"),
        Case(arguments: ["up", "-n", "1", "--recipe", "command"], code: 64, text: "expected a command line"),
        Case(arguments: ["up", "-n", "1", "/proc/session"], code: 73, text: "can't make /proc/session"),
        Case(arguments: ["down", "/no/such/session"], code: 66, text: "/no/such/session/jobs.json is not there"),
        Case(arguments: ["connect", "/no/such/session", "--", "true"], code: 69, text: "/no/such/session/status.json"),
    ])
    func isNamed(wrong: Case) async throws {
        // What should have been refused and was not is to be found, and ended.
        try await SessionHome.with { home in
            let result = try await home.run(wrong.arguments)
            #expect(result.ending == .exited(code: wrong.code))
            #expect(result.errors.contains(wrong.text))
            #expect(result.lines.isEmpty)
        }
    }

    @Test("help names every command")
    func helpIsComplete() async throws {
        let help = try await Products.run(["--help"])
        #expect(help.ending == .exited(code: 0))
        for command in [
            "demo", "up", "down", "status", "workers", "connect", "publish", "watch", "monitor", "master", "worker",
            "submit", "settings", "doctor", "datagram",
        ] {
            #expect(help.lines.contains { $0.hasPrefix("  \(command)") }, "\(command)")
        }
    }
}
