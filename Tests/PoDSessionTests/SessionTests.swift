import Foundation
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import Testing

/// A master and its workers over a real control channel, with shell scripts for daemons.
@Suite(.timeLimit(.minutes(10)))
struct SessionTests {
    @Test("a recipe that is not allowed here: the worker is refused and its slot free at once")
    func recipeNotAllowed() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            var other = TestRecipe()
            other.name = "other"
            let end = try await master.worker(other, name: "worker")
            #expect(end == WorkerService.End(exitCode: 77, reason: "recipe \"test\" is not allowed here"))
            try await master.eventually("the slot is free") { $0.workers.leased == 0 }
        }
    }

    @Test("the head daemon crashes: its workers are told, the status file goes, and the master says why")
    func headCrashes() async throws {
        var recipe = TestRecipe()
        recipe.headScript = "echo ready; until [ -e ../crash ]; do sleep 0.05; done; exit 3"
        try await RunningMaster.with(recipe, workers: 1) { [recipe] master, running in
            async let worker = master.worker(recipe, name: "worker")
            try await master.eventually("the worker is registered") { $0.workers.registered == 1 }
            try Data().write(to: master.directory.appendingPathComponent("crash"))
            let end = try await worker
            #expect(end == WorkerService.End(exitCode: 0, reason: "the session has ended"))
            let error = await #expect(throws: RecipeError.self) { try await running.value }
            #expect(error?.description.hasPrefix("the head daemon ended: exit code 3, see ") == true)
            #expect(!FileManager.default.fileExists(atPath: master.statusFile))
        }
    }

    @Test("a head daemon that ends before it is ready is named")
    func headNeverReady() async throws {
        let recipe = TestRecipe(headScript: "echo no such library; exit 127")
        do {
            try await RunningMaster.with(recipe, workers: 1) { _, _ in }
            Issue.record("the master ran without its head daemon")
        } catch let error as RecipeError {
            #expect(error.description.hasPrefix("the head daemon ended: exit code 127, see "))
        }
    }

    @Test("the slot is given back when the daemon has ended, not before")
    func goodbyeComesLast() async throws {
        let recipe = TestRecipe(
            workerScript: "trap 'sleep 0.7; echo > ../ended; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
        try await RunningMaster.with(recipe, workers: 1) { master, _ in
            let (requests, source) = AsyncStream<WorkerLifecycle.Event>.makeStream()
            async let worker = master.worker(recipe, name: "worker", requests: requests)
            try await master.eventually("the worker is registered") { $0.workers.registered == 1 }
            source.yield(.stopRequested(reason: "SIGTERM"))
            try await master.eventually("the slot is free") { $0.workers.leased == 0 }
            let mark = master.directory.appendingPathComponent("worker/ended").path
            #expect(FileManager.default.fileExists(atPath: mark))
            let end = try await worker
            #expect(end == WorkerService.End(exitCode: 0, reason: "SIGTERM"))
        }
    }

    @Test("a daemon that crashes ends its worker with 75, and the slot is free")
    func daemonCrashes() async throws {
        let recipe = TestRecipe(workerScript: "echo ready; kill -SEGV $$")
        try await RunningMaster.with(recipe, workers: 1) { master, _ in
            let end = try await master.worker(recipe, name: "worker")
            #expect(end.exitCode == 75)
            #expect(end.reason.hasPrefix("the daemon ended: "))
            try await master.eventually("the slot is free") { $0.workers.leased == 0 }
        }
    }

    @Test("a graceful shutdown ends the workers and removes the status file")
    func shutDown() async throws {
        let recipe = TestRecipe(headScript: "echo ready; exec sleep 600")
        try await RunningMaster.with(recipe, workers: 2) { master, running in
            async let first = master.worker(recipe, name: "first")
            async let second = master.worker(recipe, name: "second")
            try await master.eventually("both are registered") { $0.workers.registered == 2 }
            await master.shutDown()
            let ends = try await [first, second]
            #expect(ends.map(\.exitCode) == [0, 0])
            try await running.value
            #expect(!FileManager.default.fileExists(atPath: master.statusFile))
        }
    }

    @Test("a worker that does not leave delays the end of a cancelled master by nothing")
    func cancelled() async throws {
        let recipe = TestRecipe(workerScript: "trap '' TERM; echo ready; while :; do sleep 0.05; done")
        try await RunningMaster.with(recipe, workers: 1) { master, running in
            let (requests, source) = AsyncStream<WorkerLifecycle.Event>.makeStream()
            async let worker = master.worker(recipe, name: "worker", requests: requests)
            try await master.eventually("the worker is registered") { $0.workers.registered == 1 }
            let start = ContinuousClock.now
            running.cancel()
            _ = await running.result
            #expect(ContinuousClock.now - start < .seconds(4))
            #expect(!FileManager.default.fileExists(atPath: master.statusFile))
            source.yield(.stopRequested(reason: "the test is over"))
            let end = try await worker
            #expect(end.exitCode == 0)
        }
    }

    @Test("two masters can't share a status file")
    func statusFileInUse() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            let second = MasterService(
                MasterService.Configuration(
                    masterJobID: try MasterJobID(parsing: "78"), workers: 1, identity: try ChannelIdentity.ephemeral(),
                    statusFile: master.statusFile, directory: master.directory.path),
                recipe: TestRecipe(), log: RunningMaster.quiet)
            let error = await #expect(throws: RendezvousError.self) { try await second.run() }
            #expect(error?.description == "\(master.statusFile): another master writes this status file")
        }
    }
}
