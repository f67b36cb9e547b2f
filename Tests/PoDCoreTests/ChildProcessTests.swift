import Foundation
import PoDTestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct ChildProcessTests {
    @Test func givesLinesArgumentsAndEnvironment() async throws {
        let script = "echo \"$1\"; echo \"$POD_WORD\"; pwd; printf last"
        try await ChildProcess.run(
            "sh", arguments: ["-c", script, "sh", "a b"], environment: ["POD_WORD": "wörd", "PATH": "/usr/bin:/bin"],
            directory: "/"
        ) { (child) async throws in
            #expect(try await child.nextLine() == "a b")
            #expect(try await child.nextLine() == "wörd")
            #expect(try await child.nextLine() == "/")
            #expect(try await child.nextLine() == "last")
            #expect(try await child.nextLine() == nil)
            #expect(try await child.ending() == .exited(code: 0))
        }
    }

    @Test(arguments: [("exit 0", ChildProcess.Ending.exited(code: 0)), ("exit 69", .exited(code: 69))])
    func tellsTheExitCode(_ script: String, _ expected: ChildProcess.Ending) async throws {
        try await ChildProcess.run("sh", arguments: ["-c", script]) { (child) async throws in
            #expect(try await child.ending() == expected)
            // A signal to what has ended goes nowhere.
            child.send(signal: SIGTERM)
            #expect(try await child.ending() == expected)
        }
    }

    @Test func sendsSignals() async throws {
        let script = "trap 'echo caught; exit 3' USR1; echo ready; while :; do sleep 0.02; done"
        try await ChildProcess.run("sh", arguments: ["-c", script]) { (child) async throws in
            #expect(try await child.nextLine() == "ready")
            child.send(signal: SIGUSR1)
            #expect(try await child.firstLine { $0.hasPrefix("caught") } == "caught")
            #expect(try await child.ending() == .exited(code: 3))
        }
        try await ChildProcess.run("sleep", arguments: ["60"]) { (child) async throws in
            child.send(signal: SIGTERM)
            #expect(try await child.ending() == .signalled(SIGTERM))
        }
    }

    @Test func keepsErrorsApart() async throws {
        try await ChildProcess.run("sh", arguments: ["-c", "echo wrong >&2; echo right"]) { (child) async throws in
            #expect(try await child.nextLine() == "right")
            #expect(try await child.ending() == .exited(code: 0))
            #expect(child.errorText == "wrong\n")
        }
    }

    @Test func isNotHeldUpByOutputThatNobodyReads() async throws {
        let script = "head -c 1000000 /dev/zero; exit 5"
        try await ChildProcess.run("sh", arguments: ["-c", script]) { (child) async throws in
            #expect(try await child.ending() == .exited(code: 5))
        }
    }

    @Test func givesUpInTime() async throws {
        try await ChildProcess.run("sleep", arguments: ["60"]) { child in
            await #expect(throws: TestKitError.self) { try await child.nextLine(within: .zero) }
            await #expect(throws: TestKitError.self) { try await child.ending(within: .zero) }
        }
        try await ChildProcess.run("true") { (child) async throws in
            await #expect(throws: TestKitError.self) { _ = try await child.firstLine { $0 == "never" } }
        }
    }

    @Test func refusesWhatIsNoProgram() async {
        await #expect(throws: TestKitError.self) {
            try await ChildProcess.run("/nonexistent/program") { _ in Issue.record("it ran") }
        }
    }

    @Test func endsTheProcessAndItsChildrenWithTheScope() async throws {
        struct Wanted: Error {}
        let seen = Seen()
        await #expect(throws: Wanted.self) {
            try await ChildProcess.run("sh", arguments: ["-c", "sleep 60 & echo $!; wait"]) { (child) async throws in
                let line = try #require(try await child.nextLine())
                await seen.add(child.processID)
                await seen.add(try #require(Int32(line)))
                throw Wanted()
            }
        }
        let processes = await seen.processes
        #expect(processes.count == 2)
        for process in processes {
            // The time limit of the suite is for a process that stays.
            while !Self.isGone(process) {
                try await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    private actor Seen {
        var processes: [Int32] = []
        func add(_ process: Int32) { self.processes.append(process) }
    }

    /// A killed grandchild may stay a zombie until whoever inherits it takes notice.
    private static func isGone(_ process: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return true }
        return stat.contains(") Z ") || stat.contains(") X ")
    }
}
