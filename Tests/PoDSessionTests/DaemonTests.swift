import Foundation
import PoDRecipes
import PoDSession
import PoDTestKit
import Testing

/// One daemon process and what it may see and leave behind.
@Suite(.timeLimit(.minutes(10)))
struct DaemonTests {
    private static func run(
        _ script: String, environment: [String: String] = [:], in directory: URL,
        onReady: @escaping @Sendable () async -> Void = {}
    ) async throws -> (end: String, log: String) {
        var plan = TestRecipe.plan(script)
        plan = DaemonPlan(command: plan.command, environment: environment, ready: plan.ready)
        let daemon = Daemon(plan: plan, directory: directory.path, name: "daemon", log: RunningMaster.quiet)
        let end = try await daemon.run(onReady: onReady)
        return (end, try String(contentsOfFile: daemon.logPath, encoding: .utf8))
    }

    @Test("its output goes to its log, its directory and environment are its own, its end is told")
    func output() async throws {
        try await TemporaryDirectory.with { directory in
            let script = "echo out; echo err >&2; pwd -P; echo $RECIPE_SAYS; exit 7"
            let (end, log) = try await Self.run(script, environment: ["RECIPE_SAYS": "so"], in: directory)
            #expect(end == "exit code 7")
            let path = directory.resolvingSymlinksInPath().path
            #expect(Set(log.split(separator: "\n")) == ["out", "err", Substring(path), "so"])
        }
    }

    @Test("cancelling ends the whole process group")
    func cancelled() async throws {
        try await TemporaryDirectory.with { directory in
            let (ready, source) = AsyncStream<Void>.makeStream()
            let running = Task {
                try await Self.run(
                    "(trap '' TERM; echo $$ > /dev/null; exec sleep 600) & echo $! > child; echo ready; wait",
                    in: directory
                ) { source.yield() }
            }
            _ = await ready.first { _ in true }
            let child = directory.appendingPathComponent("child")
            let text = try String(contentsOf: child, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            let process = try #require(Int32(text))
            #expect(isAlive(process))
            running.cancel()
            _ = await running.result
            try await eventually("the child is gone") { !isAlive(process) }
        }
    }

    @Test("a daemon that prints a gigabyte in a line without end, and then short ones, is heard to its end")
    func printsAGigabyte() async throws {
        // Alone in a process, for other tests need memory, too.
        keepSocketsFromChildren()
        await #expect(processExitsWith: .success) { try await Self.runOneThatPrintsAGigabyte() }
    }

    private static func runOneThatPrintsAGigabyte() async throws {
        try await TemporaryDirectory.with { directory in
            let script = """
                head -c 500000000 /dev/zero | tr '\\0' x
                echo; yes "$(seq -s ' ' 30)" | head -c 500000000; echo; echo the end
                """
            let before = Self.peakMemory
            let plan = TestRecipe.plan(script)
            let daemon = Daemon(plan: plan, directory: directory.path, name: "daemon", log: RunningMaster.quiet)
            let end = try await daemon.run {}
            #expect(end == "exit code 0")
            let tail = LogTail.lines(of: daemon.logPath, last: 1000)
            #expect(tail.last == "the end")
            #expect(tail.count == 1000 && tail[500] == (1...30).map(String.init).joined(separator: " "))
            let sizes = DaemonLog.parts(of: daemon.logPath).map { part in
                (try? FileManager.default.attributesOfItem(atPath: part)[.size] as? Int) ?? 0
            }
            #expect(sizes.allSatisfy { $0 <= 4 << 20 })
            #expect(Self.peakMemory - before < 200 << 20)
        }
    }

    /// Of this process, in bytes.
    private static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss << 10
    }

    /// Ways to leave the daemon's process group; `MARK` becomes a time to sleep that no other process has.
    static let escapes = [
        // Its parent is there until the end.
        "setsid sleep MARK & echo ready; wait",
        // It is nobody's child.
        "(setsid sleep MARK &) ; echo ready; exec sleep 600",
        // It holds on to the output, and ignores what can be ignored.
        "(trap '' TERM HUP; setsid sh -c 'sleep MARK; while :; do yes; done' &) ; echo ready; exec sleep 600",
        // The daemon itself forks away and leaves.
        "(setsid sleep MARK &) ; echo ready; sleep 0.2",
    ]

    @Test("what forks away into another session ends with the daemon, too", arguments: escapes)
    func forksAway(script: String) async throws {
        let mark = "87\(UInt32.random(in: 100_000...999_999))"
        try await TemporaryDirectory.with { directory in
            let (ready, source) = AsyncStream<Void>.makeStream()
            let running = Task {
                try await Self.run(script.replacing("MARK", with: mark), in: directory) { source.yield() }
            }
            _ = await ready.first { _ in true }
            try await eventually("it has forked away") { Self.isRunning(mark) || script.hasSuffix("0.2") }
            running.cancel()
            _ = await running.result
            #expect(!Self.isRunning(mark))
        }
    }

    @Test("one that ignores SIGTERM is killed")
    func ignoresSIGTERM() async throws {
        let mark = "88\(UInt32.random(in: 100_000...999_999))"
        try await TemporaryDirectory.with { directory in
            let (ready, source) = AsyncStream<Int32>.makeStream()
            let plan = TestRecipe.plan("trap '' TERM; echo ready; while :; do sleep \(mark); done")
            let daemon = Daemon(plan: plan, directory: directory.path, name: "daemon", log: RunningMaster.quiet)
            let running = Task {
                try await daemon.run {
                } onStart: { group in
                    source.yield(group)
                }
            }
            let group = try #require(await ready.first { _ in true })
            try await eventually("it runs") { Self.isRunning(mark) }
            #expect(ProcessUsage(group: group).processes >= 2)
            running.cancel()
            let end = try await running.value
            #expect(end == "signal 9")
            #expect(!Self.isRunning(mark))
            try await eventually("its group is gone") { ProcessUsage(group: group).processes == 0 }
        }
    }

    /// Whether a process sleeps for so long.
    private static func isRunning(_ mark: String) -> Bool {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.contains { process in
            FileManager.default.contents(atPath: "/proc/\(process)/cmdline") == Data("sleep\0\(mark)\0".utf8)
        }
    }
}
