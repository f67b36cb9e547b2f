import Foundation
import NIOPosix
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import ServiceLifecycle
import Testing

/// What a session leaves to the next master with its state directory.
@Suite(.timeLimit(.minutes(10))) struct SessionEndTests {
    private static func withState<Result: Sendable>(
        _ path: String, workers: Int = 2, configure: @Sendable (inout MasterService.Configuration) -> Void = { _ in },
        _ body: @Sendable (RunningMaster, RunningMaster.End) async throws -> Result
    ) async throws -> Result {
        let result = try await RunningMaster.with(
            TestRecipe(headScript: "echo ready; exec sleep 600"), workers: workers,
            configure: {
                $0.state = try StateDirectory(path: path)
                configure(&$0)
            }, body)
        // A task holds what it ran with for a moment after its end; a master's process is gone with all of it.
        try await eventually("the state is free for the next master") { (try? StateDirectory(path: path)) != nil }
        return result
    }

    @Test("a session that ended well leaves no leases and no wish; one that was killed does", arguments: [true, false])
    func leases(endsWell: Bool) async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            let first = try await Self.withState(path) { master, running in
                try await ScriptedWorker.with(master.server) { worker in
                    // One that does not leave when it is told.
                    _ = try await worker.join()
                    let answer = try await master.ask(.want(5))
                    #expect(answer == .wanted(5, leaving: []))
                    let order = try #require(master.status?.order)
                    if endsWell {
                        await master.shutDown()
                        try await running.value
                    } else {
                        running.cancel()
                        _ = await running.result
                    }
                    return order
                }
            }
            try await Self.withState(path) { master, _ in
                let status = try #require(master.status)
                #expect(
                    status.workers
                        == MasterStatus.Workers(
                            wanted: endsWell ? 2 : 5, leased: endsWell ? 0 : 1, registered: 0))
                #expect(status.order > first)
            }
        }
    }

    @Test("head daemon and control port are where they were, also when the next master starts at once")
    func ports() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            var seen: [StateDirectory.Ports] = []
            for _ in 0..<3 {
                try await Self.withState(path, configure: { $0.hasDashboard = true }) { master, running in
                    running.cancel()
                    _ = await running.result
                }
                seen.append(try StateDirectory(path: path).lastPorts())
            }
            #expect(Set(seen).count == 1)
            #expect(seen[0].control != nil && seen[0].head != nil && seen[0].dashboard != nil)
        }
    }

    @Test("the control port is where it was, though whoever had it needs a moment to let go of it")
    func portTakenMeanwhile() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            let port = try await Self.withState(path) { master, _ in master.server.address.port }
            let other = try await LocalListener(
                host: "127.0.0.1", port: Int(port), ownUserOnly: false, group: .singletonMultiThreadedEventLoopGroup
            ) { _, _ in }
            let ending = Task {
                try await Task.sleep(for: .seconds(1))
                other.close()
            }
            try await Self.withState(path) { master, _ in
                #expect(master.server.address.port == port)
            }
            try await ending.value
        }
    }

    @Test("the clock was set back: epoch, leases and advertisements still grow")
    func clockSetBack() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            // The last master ran in the year 2100, as its clock said.
            let last = try StateDirectory(path: path).nextEpoch(millisecondsSince1970: 4_102_444_800_000)
            try await Self.withState(path) { master, _ in
                #expect(master.status?.order.epoch == last + 1)
                try await ScriptedWorker.with(master.server) { worker in
                    let lease = try await worker.join()
                    #expect(lease == LeaseID(epoch: last + 1, number: 1))
                }
            }
        }
    }

    @Test("a master whose lock is lost gives no more leases, and says why")
    func lockLost() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("state").path
            try await Self.withState(path) { master, _ in
                try await ScriptedWorker.with(master.server) { first in
                    _ = try await first.join()
                    try FileManager.default.removeItem(atPath: "\(path)/lock")
                    let second = try StateDirectory(path: path)
                    try await ScriptedWorker.with(master.server) { worker in
                        let answer = try await worker.claim()
                        #expect(answer == .refused(.tryLater, reason: "the master can't keep its journal"))
                    }
                    try await master.eventually(
                        tells: "the master can't keep its journal: the state directory is another master's now")
                    #expect(try await master.workers().count == 1)
                    withExtendedLifetime(second) {}
                }
            }
        }
    }

    @Test("the master's time is over: workers are told and leave, nothing is left")
    func timeIsOver() async throws {
        let recipe = TestRecipe()
        try await RunningMaster.with(recipe, workers: 1, configure: { $0.lifetime = .seconds(3) }) { master, running in
            let end = try await master.worker(recipe, name: "worker")
            #expect(end == WorkerService.End(exitCode: 0, reason: "the session has ended"))
            // The group is surprised that its service ends by itself.
            await #expect(throws: ServiceGroupError.self) { try await running.value }
            #expect(!FileManager.default.fileExists(atPath: master.statusFile))
        }
    }
}
