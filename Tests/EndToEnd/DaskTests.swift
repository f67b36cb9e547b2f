import Foundation
import PoDTestKit
import Testing

/// A master and a worker with a real Dask, as the recipe starts them.
@Suite(.timeLimit(.minutes(15)))
struct DaskTests {
    @Test("every socket that Dask listens on is on loopback")
    func listensOnLoopback() async throws {
        try await TemporaryDirectory.with { directory in
            let status = directory.appendingPathComponent("status.json")
            let arguments = ["master", "--job-id", "77", "--workers", "1", "--status-file", status.path]
            try await ChildProcess.run(Products.alienPod, arguments: arguments) { master in
                // The first time ever, Dask is installed.
                let line = try await master.firstLine(within: .seconds(600)) { $0.hasPrefix("master 77 at ") }
                let address = line.dropFirst("master 77 at ".count).prefix { $0 != "," }
                let info = directory.appendingPathComponent("server_info.json")
                try Data(#"{"masterJobId":"77","address":"\#(address)","protocol":"alien-pod/1"}"#.utf8).write(to: info)
                let work = directory.appendingPathComponent("work").path
                try await ChildProcess.run(
                    Products.alienPod, arguments: ["worker", "--server-info", info.path, "--directory", work]
                ) { worker in
                    try await eventually(within: .seconds(60), "the worker is registered") {
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
}
