import Foundation
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import Testing

/// A real xrootd at a worker, through a whole session.
@Suite(.timeLimit(.minutes(10))) struct ForwardedSessionTests {
    /// xrootd, with a head that shows by which routes it is told to reach the workers.
    private struct Routed: Recipe {
        private let base = XRootDRecipe()
        var name: String { self.base.name }

        func worker(lease: LeaseID, parameters: [String: String], at site: DaemonSite) throws -> DaemonPlan {
            try self.base.worker(lease: lease, parameters: parameters, at: site)
        }

        func headFiles(for workers: [RegisteredWorker], at site: DaemonSite) throws -> [DaemonFile] {
            let lines = workers.map { worker in
                switch worker.route {
                case .direct(let address): "direct \(address.port)\n"
                case .forwarded(let port, let peer): "forwarded \(port) \(peer.host)\n"
                }
            }
            return [DaemonFile(name: "routes", text: lines.joined())]
        }
    }

    /// Runs a master and a worker for the time of `body`, which gets the words of the worker's route.
    private static func withWorker(
        _ mode: ForwardingMode, _ body: @Sendable (RunningMaster, [String]) async throws -> Void
    ) async throws {
        let configure = { (configuration: inout MasterService.Configuration) in
            configuration.forwarding = mode
            // On a busy machine a look may take its time.
            configuration.probeLimits.time = .seconds(60)
        }
        try await RunningMaster.with(Routed(), workers: 1, configure: configure) { master, _ in
            let (requests, source) = AsyncStream<WorkerLifecycle.Event>.makeStream()
            let worker = Task { try await master.worker(Routed(), name: "worker", requests: requests) }
            do {
                try await master.eventually("the worker is registered") { $0.workers.registered == 1 }
            } catch {
                source.yield(.stopRequested(reason: "the test is over"))
                Issue.record("the worker's end: \(try await worker.value)")
                throw error
            }
            let routes = master.directory.appendingPathComponent("head/routes").path
            try await eventually("the head daemon is told") {
                (try? String(contentsOfFile: routes, encoding: .utf8))?.isEmpty == false
            }
            let route = try String(contentsOfFile: routes, encoding: .utf8).split(whereSeparator: \.isWhitespace)
            try await body(master, route.map { String($0) })
            source.yield(.stopRequested(reason: "enough"))
            #expect(try await worker.value.exitCode == 0)
            try await master.eventually("its slot is free") { $0.workers.leased == 0 }
            let port = try #require(route.dropFirst().first.flatMap { UInt16($0) })
            try await eventually("nobody listens at the port") { !FreePort.isTaken(port) }
        }
    }

    /// Writes a file to the worker's xrootd, where it must lie, and reads it back.
    private static func transfer(_ master: RunningMaster, port: String, bytes: Int) async throws {
        var generator = SeededGenerator(seed: 5)
        let data = Data((0..<bytes / 8).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } })
        let path = { (name: String) in master.directory.appendingPathComponent(name).path }
        try data.write(to: URL(fileURLWithPath: path("sent")))
        let url = "root://127.0.0.1:\(port)//file"
        for (from, to) in [(path("sent"), url), (url, path("received"))] {
            try await ChildProcess.run("xrdcp", arguments: ["--nopbar", "--force", from, to]) { copy in
                let ending = try await copy.ending()
                #expect(ending == .exited(code: 0), "\(copy.errorText)")
            }
        }
        let work = path("worker")
        let lease = try FileManager.default.contentsOfDirectory(atPath: work).first { !$0.hasPrefix("logs") }
        #expect(FileManager.default.contents(atPath: "\(work)/\(lease ?? "")/data/file") == data)
        #expect(FileManager.default.contents(atPath: path("received")) == data)
    }

    @Test("forwarded: bytes go both ways through the master's port, which is of its range and ends with the lease")
    func forwarded() async throws {
        try await Self.withWorker(.always) { master, route in
            #expect(route.first == "forwarded")
            #expect(route.last == "127.0.0.1")
            let port = try #require(UInt16(route[1]))
            #expect(MasterService.defaultPorts.contains(port))
            try await Self.transfer(master, port: route[1], bytes: 20 << 20)
        }
    }

    @Test("on the master's own machine a worker is met, and reached directly")
    func direct() async throws {
        try await Self.withWorker(.auto) { master, route in
            #expect(route.first == "direct")
            try await Self.transfer(master, port: route[1], bytes: 1 << 20)
        }
    }
}
