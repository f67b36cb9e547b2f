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
            #expect(kill(process, 0) == 0)
            running.cancel()
            _ = await running.result
            try await eventually(within: .seconds(10), "the child is gone") { kill(process, 0) != 0 }
        }
    }
}
