import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit
import Testing

/// What a daemon becomes with a setup before it, run for real.
@Suite(.timeLimit(.minutes(10))) struct DaemonSetupTests {
    private static let lease = LeaseID(epoch: 5, number: 3)
    /// Prints each argument and a variable.
    private static let printing = ["/bin/sh", "-c", #"printf '<%s>\n' "$FROM_SETUP" "$@""#, "sh"]

    @Test(
        "a file where one is, else commands",
        arguments: [
            ("setup.sh", DaemonSetup.file("/home/setup.sh")), ("/opt/setup.sh", .file("/opt/setup.sh")),
            ("../setup.sh", .file("/home/../setup.sh")), (". setup.sh", .command(". setup.sh")),
            ("none.sh", .command("none.sh")), ("A=1; B=2\nC=3", .command("A=1; B=2\nC=3")),
        ])
    func parsing(text: String, setup: DaemonSetup) throws {
        let files = ["/home/setup.sh", "/opt/setup.sh", "/home/../setup.sh"]
        #expect(try DaemonSetup(parsing: text, currentDirectory: "/home", isFile: files.contains) == setup)
    }

    @Test("nothing, blanks and NUL are no setup", arguments: ["", "   ", "a\0b"])
    func nothing(text: String) {
        #expect(throws: ValueError.self) {
            try DaemonSetup(parsing: text, currentDirectory: "/", isFile: { _ in false })
        }
    }

    @Test("the daemon gets its arguments as they are, whatever is in them")
    func arguments() async throws {
        let hostile = HostileText.all.filter { !$0.utf8.contains(0) }
        let lines = try await Self.output(
            of: Self.printing + hostile, setup: .command("export FROM_SETUP='a  b'; set -- x y; cd /"))
        let expected = (["a  b"] + hostile).map { "<\($0)>\n" }.joined()
        #expect(lines.map { Array($0.utf8) } == expected.utf8.split(separator: 0x0A).map(Array.init))
    }

    @Test("a file is sourced, whatever its path, and sees none of the daemon's arguments")
    func file() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("it's $(a) \"setup\".sh").path
            try "export FROM_SETUP=\"$# $0 ${BASH_SOURCE[0]}\"\n".write(toFile: path, atomically: true, encoding: .utf8)
            let lines = try await Self.output(of: Self.printing + ["argument"], setup: .file(path))
            #expect(lines == ["<0 setup \(path)>", "<argument>"])
        }
    }

    @Test("a setup finds the daemon's program")
    func path() async throws {
        try await TemporaryDirectory.with { directory in
            // A link: a program that was just written can be busy while another test forks.
            try FileManager.default.createSymbolicLink(
                atPath: directory.appendingPathComponent("pod-test-daemon").path, withDestinationPath: "/bin/echo")
            let lines = try await Self.output(
                of: ["pod-test-daemon", "found"], setup: .command("PATH='\(directory.path)':$PATH"))
            #expect(lines == ["found"])
        }
    }

    @Test(
        "where the setup fails, the daemon isn't started, and says why",
        arguments: [
            (DaemonSetup.command("echo hello; false"), "ended with 1"),
            (.file("/nonexistent/setup.sh"), "/nonexistent"),
            (.command("'"), "ended with"),
        ])
    func failure(setup: DaemonSetup, reason: String) async throws {
        let plan = try Self.plan(["/bin/echo", "started"], setup: setup)
        try await ChildProcess.run(plan.command[0], arguments: Array(plan.command.dropFirst())) { child in
            var lines: [String] = []
            while let line = try await child.nextLine() {
                lines.append(line)
            }
            #expect(!lines.contains("started"))
            #expect(try await child.ending() == .exited(code: ExitStatus.configuration.rawValue))
            #expect(child.errorText.contains(reason))
        }
    }

    @Test("the daemon takes the place of the shell")
    func exec() async throws {
        let plan = try Self.plan(["/bin/sh", "-c", "echo $$"], setup: .command("true"))
        try await ChildProcess.run(plan.command[0], arguments: Array(plan.command.dropFirst())) { child in
            let line = try await child.nextLine()
            #expect(line == String(child.processID))
        }
    }

    private static func plan(_ command: [String], setup: DaemonSetup) throws -> DaemonPlan {
        let site = try DaemonSite(directory: "/srv", address: Address(host: "127.0.0.1", port: 1))
        return try CommandRecipe(command: command, setup: setup).worker(lease: self.lease, parameters: [:], at: site)
    }

    private static func output(of command: [String], setup: DaemonSetup) async throws -> [String] {
        let plan = try self.plan(command, setup: setup)
        return try await ChildProcess.run(plan.command[0], arguments: Array(plan.command.dropFirst())) { child in
            var lines: [String] = []
            while let line = try await child.nextLine() {
                lines.append(line)
            }
            return lines
        }
    }
}
