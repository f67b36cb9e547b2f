import Foundation
import PoDTestKit
import Testing

/// A master and a worker with a real Dask, as the recipe starts them.
@Suite(.timeLimit(.minutes(15)))
struct DaskTests {
    @Test("every socket that Dask listens on is on loopback")
    func listensOnLoopback() async throws {
        // The first time ever, Dask is installed.
        try await Products.withMaster(workers: 1, within: .seconds(600)) { master, status, info in
            let work = info.deletingLastPathComponent().appendingPathComponent("worker").path
            try await ChildProcess.run(
                Products.alienPod, arguments: ["worker", "--server-info", info.path, "--directory", work]
            ) { worker in
                try await eventually("the worker is registered") {
                    SessionStatus(at: status)?.workers.registered == 1
                }
                for process in [master, worker] {
                    var listeners: [ListeningSockets.Address] = []
                    // The lists of children in /proc are no snapshot: a look may miss one.
                    try await eventually("it listens") {
                        listeners = try ListeningSockets.ofDescendants(of: process.processID)
                        return !listeners.isEmpty
                    }
                    #expect(listeners.filter { !$0.isLoopback } == [])
                }
            }
        }
    }
}
