import Foundation
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import Synchronization
import Testing

/// Workers that hand over what their daemons hold before they end, and failures of which the user is told.
@Suite(.timeLimit(.minutes(10))) struct LeavingTests {
    /// What the head daemon was asked to take over, and whether the daemon then ran.
    private final class Retirements: Sendable {
        let leases = Mutex<[(lease: LeaseID, daemonRan: Bool)]>([])
    }

    /// A recipe whose workers' daemons write their process id to `pid` in the worker's directory.
    private static func recipe(_ retirements: Retirements, endsDaemon: Bool, pidFile: String) -> TestRecipe {
        TestRecipe(workerScript: "echo $$ > '\(pidFile)'; echo ready; exec sleep 600") { leases in
            let text = try String(contentsOfFile: pidFile, encoding: .utf8)
            let process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
            retirements.leases.withLock { $0 += leases.map { ($0, kill(process, 0) == 0) } }
            if endsDaemon {
                kill(process, SIGKILL)
                // Time for the worker to see it, and to start it again if it were wrong.
                try await Task.sleep(for: .seconds(2))
            }
        }
    }

    @Test(
        "idle, or drained by the user: the head daemon takes over first, whoever ends the daemon then",
        arguments: [true, false], [true, false])
    func handsOver(isIdle: Bool, endsDaemon: Bool) async throws {
        try await TemporaryDirectory.with { directory in
            let retirements = Retirements()
            let recipe = Self.recipe(
                retirements, endsDaemon: endsDaemon, pidFile: directory.appendingPathComponent("pid").path)
            try await RunningMaster.with(recipe, workers: 1) { master, _ in
                async let worker = master.worker(recipe, name: "worker") {
                    $0.idleTimeout = isIdle ? .seconds(2) : nil
                    $0.limits.restarts = 3
                    $0.limits.firstRestart = .milliseconds(100)
                }
                try await master.eventually("it is registered") { $0.workers.registered == 1 }
                let lease = try #require(try await master.workers().first?.lease)
                if !isIdle {
                    let told = try await master.ask(.drain(.all))
                    #expect(told == .told([lease]))
                }
                let end = try await worker
                #expect(end.exitCode == 0)
                #expect(end.reason.hasPrefix(isIdle ? "idle for " : "the user wants it to end"), "\(end.reason)")
                #expect(retirements.leases.withLock { $0.map(\.lease) } == [lease])
                #expect(retirements.leases.withLock { $0.allSatisfy { $0.daemonRan } })
                try await master.eventually("the slot is free") { $0.workers.leased == 0 }
                #expect(try await master.problems() == [])
            }
        }
    }

    @Test("a master that does not answer the wish to leave keeps the worker for its time only")
    func noAnswer() async throws {
        try await ScriptedMaster.with { master in
            let end = try await master.worker(TestRecipe()) {
                $0.idleTimeout = .seconds(1)
                $0.limits.handover = .seconds(1)
            }
            #expect(end.exitCode == 0 && end.reason.hasPrefix("idle for "), "\(end.reason)")
            #expect(master.heard.contains { if case .leave(ScriptedMaster.lease, _) = $0 { true } else { false } })
            try await eventually("it says goodbye") { master.goodbye?.code == 0 }
        }
    }

    @Test("workers that leave while others hand over are next, together")
    func oneAfterAnother() async throws {
        let calls = Mutex<[[LeaseID]]>([])
        let recipe = TestRecipe(onRetirement: { leases in
            calls.withLock { $0.append(leases) }
            try await Task.sleep(for: .seconds(1))
        })
        try await RunningMaster.with(recipe, workers: 10) { master, _ in
            try await withThrowingTaskGroup(of: LeaseID.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await ScriptedWorker.with(master.server) { worker in
                            let lease = try await worker.join()
                            try await master.eventually("all are registered") { $0.workers.registered == 10 }
                            try await worker.say(.leave(lease, reason: "its time is over"))
                            #expect(try await worker.next() == .retire(reason: "its time is over"))
                            #expect(try await worker.next() == .stop(reason: "its time is over"))
                            try await worker.say(.bye(lease, code: 0, reason: "its time is over", log: []))
                            return lease
                        }
                    }
                }
                let leases = try await group.reduce(into: []) { $0.append($1) }
                let retired = calls.withLock { $0 }
                #expect(retired.flatMap(\.self).sorted() == leases.sorted())
                #expect(retired.count <= 3, "\(retired)")
            }
        }
    }

    /// Why a worker's daemon can't run, and what the user is told.
    static let failures: [(reason: String, change: @Sendable (inout TestRecipe) -> Void)] = [
        ("recipe \"test\" is not allowed here", { $0.name = "other" }),
        ("the daemon can't run: no such environment", { $0.problem = "no such environment" }),
        ("the daemon ended: exit code 7", { $0.workerScript = "exit 7" }),
        ("the daemon can't run: ", { $0.files = [DaemonFile(name: "none/file", text: "")] }),
    ]

    @Test("a worker whose daemon can't run says why to the user, with a log or without", arguments: failures.indices)
    func failure(_ index: Int) async throws {
        let (reason, change) = Self.failures[index]
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            var recipe = TestRecipe()
            change(&recipe)
            let end = try await master.worker(recipe, name: "worker")
            #expect(end.exitCode == (recipe.name == "other" ? 77 : 75))
            #expect(end.reason.hasPrefix(reason), "\(end.reason)")
            try await master.eventually(tells: reason)
            try await master.eventually("the slot is free") { $0.workers.leased == 0 }
        }
    }

    @Test(
        "eight workers start at once with eight ports between them: each has its own, a ninth says that there is none")
    func ports() async throws {
        var generator = SeededGenerator(seed: UInt64(getpid()))
        let first = UInt16.random(in: 26_000...29_000, using: &generator)
        let ports = first...(first + 7)
        // It takes the port for itself, as a daemon does.
        let listening =
            #"exec perl -MIO::Socket::INET -e '$| = 1; $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "#
            + #""127.0.0.1", LocalPort => $ARGV[0], ReuseAddr => 1) or die "taken"; print "ready\n"; sleep 600' $PORT"#
        let recipe = TestRecipe(workerScript: listening)
        try await RunningMaster.with(recipe, workers: 9) { master, _ in
            try await withThrowingTaskGroup(of: WorkerService.End.self) { group in
                for number in 0..<8 {
                    group.addTask { try await master.worker(recipe, name: "worker\(number)") { $0.ports = ports } }
                }
                try await master.eventually("all are registered") { $0.workers.registered == 8 }
                let ninth = try await master.worker(recipe, name: "ninth") { $0.ports = ports }
                let reason = "the daemon can't run: no free port from \(ports.lowerBound) to \(ports.upperBound)"
                #expect(ninth == WorkerService.End(exitCode: 75, reason: reason))
                try await master.eventually(tells: reason)
                await master.shutDown()
                for try await end in group {
                    #expect(end.exitCode == 0)
                }
            }
        }
    }
}
