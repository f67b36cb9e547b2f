import Foundation
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import Testing

/// A whole session whose disk fills up and has room again.
@Suite(.timeLimit(.minutes(10)), .enabled(if: SmallDisk.isAvailable, "only root can mount a tmpfs"))
struct FullDiskSessionTests {
    @Test("no grant that can't be journalled, the master says why, and goes on when there is room again")
    func goesOn() async throws {
        let recipe = TestRecipe(headScript: "echo ready; exec sleep 600")
        try await SmallDisk.withAsync(bytes: 1 << 20) { disk in
            try await RunningMaster.with(
                recipe, workers: 2,
                configure: {
                    $0.state = try StateDirectory(path: "\(disk)/state")
                    $0.statusFile = "\(disk)/status.json"
                    $0.directory = disk
                }
            ) { [recipe] master, _ in
                let (requests, source) = AsyncStream<WorkerLifecycle.Event>.makeStream()
                async let first = master.worker(recipe, name: "first", requests: requests)
                try await master.eventually("the first is registered") { $0.workers.registered == 1 }

                try SmallDisk.fill(disk)
                // The journal's last page still has room.
                var want = AdminAnswer.wanted(2, leaving: [])
                while case .done = want {
                    want = try await master.ask(.want(2))
                }
                guard case .failed(.cannotCreate, _) = want else {
                    throw TestKitError("what can't be kept was promised: \(want)")
                }
                let refused = try await master.worker(recipe, name: "second")
                #expect(refused == WorkerService.End(exitCode: 75, reason: "the master can't keep its journal"))
                try await master.eventually(tells: "the master can't keep its journal: can't write")
                try await eventually("the user is told of the status file") {
                    try await master.problems().contains {
                        $0.contains("status.json") && $0.hasSuffix("No space left on device")
                    }
                }
                // The one that was there before is none the worse for it.
                #expect(try await master.workers().map(\.state) == [.registered])
                // A worker's end takes no room.
                source.yield(.stopRequested(reason: "enough"))
                #expect(try await first.exitCode == 0)
                #expect(try await master.workers() == [])
                // Publishers still know that the master lives.
                #expect(master.status != nil)

                unlink("\(disk)/filler")
                try await master.eventually("the status file is written again") { $0.workers.leased == 0 }
                async let third = master.worker(recipe, name: "third")
                try await master.eventually("the third is registered") { $0.workers.registered == 1 }
                await master.shutDown()
                #expect(try await third.exitCode == 0)
            }
        }
    }

    @Test("a worker whose daemon fills its disk: the user is told, and the slot is free")
    func workDirectory() async throws {
        let recipe = TestRecipe(workerScript: "echo ready; cat /dev/zero > filler; exit 3")
        try await SmallDisk.withAsync(bytes: 512 << 10) { disk in
            try await RunningMaster.with(recipe, workers: 1) { master, _ in
                let end = try await master.worker(recipe, name: "worker") {
                    $0.directory = disk
                    $0.limits.restarts = 3
                }
                #expect(end.exitCode == 75)
                try await master.eventually("the slot is free") { $0.workers.leased == 0 }
                try await master.eventually(tells: "the daemon ended: exit code 3, and its disk is full")
            }
        }
    }
}
