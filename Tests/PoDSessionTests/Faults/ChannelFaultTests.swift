import Foundation
import Logging
import NIOCore
import NIOPosix
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import PoDTickets
import Synchronization
import Testing

/// Control connections that are cut, stalled, slow, refused, or accepted and closed.
@Suite(.timeLimit(.minutes(10))) struct ChannelFaultTests {
    /// Each start of the daemon is a line of `starts`.
    private static let recipe = TestRecipe(workerScript: "echo x >> ../starts; echo ready; exec sleep 600")

    private static func starts(_ master: RunningMaster) -> String? {
        try? String(contentsOfFile: master.directory.appendingPathComponent("worker/starts").path, encoding: .utf8)
    }

    /// A master and a worker with a relay between them; the worker is registered.
    private static func withWorker(
        limits: @Sendable (inout SlotLedger.Limits) -> Void = { _ in },
        workerLimits: @escaping @Sendable (inout WorkerLifecycle.Limits) -> Void = { _ in },
        mode: Relay.Mode = .passing,
        _ body: @escaping @Sendable (RunningMaster, Relay, Task<WorkerService.End, any Error>) async throws -> Void
    ) async throws {
        try await RunningMaster.with(self.recipe, workers: 1, configure: { limits(&$0.ledgerLimits) }) { master, _ in
            try await Relay.with(master.server) { relay, server in
                relay.mode = mode
                let worker = Task {
                    try await master.worker(self.recipe, name: "worker") {
                        $0.server = server
                        $0.limits.heartbeat = .milliseconds(200)
                        workerLimits(&$0.limits)
                    }
                }
                try await master.eventually("the worker is registered") { $0.workers.registered == 1 }
                try await body(master, relay, worker)
            }
        }
    }

    @Test("cut: the worker comes back with its lease, and its daemon runs on")
    func cut() async throws {
        try await Self.withWorker { master, relay, worker in
            let lease = try await master.workers().map(\.lease)
            relay.mode = .cut
            try await master.eventually("it is away") { $0.workers.registered == 0 && $0.workers.leased == 1 }
            let away = try await master.workers()
            #expect(away.map(\.state) == [.away])
            #expect(away.map(\.reason) == ["its connection was lost"])
            relay.mode = .passing
            try await master.eventually("it is back") { $0.workers.registered == 1 }
            let back = try await master.workers()
            #expect(back.map(\.lease) == lease && back.map(\.state) == [.registered] && back.map(\.reason) == [nil])
            #expect(Self.starts(master) == "x\n")
            #expect(try await master.problems() == [])
            await master.shutDown()
            #expect(try await worker.value == WorkerService.End(exitCode: 0, reason: "the session has ended"))
        }
    }

    @Test("cut for long: the slot is free and the reason told; the worker may come back while it still is")
    func cutForLong() async throws {
        // The other has time to be silent until the worker, which tries ever later, is back.
        try await Self.withWorker(
            limits: { ($0.silence, $0.grace) = (.seconds(600), .milliseconds(500)) }
        ) { master, relay, worker in
            let lease = try await master.workers().map(\.lease)
            relay.mode = .cut
            try await master.eventually("the slot is free") { $0.workers.leased == 0 }
            try await master.eventually(tells: "its connection was lost")
            relay.mode = .passing
            try await master.eventually("it is back") { $0.workers.registered == 1 }
            #expect(try await master.workers().map(\.lease) == lease)
            #expect(Self.starts(master) == "x\n")
            // Again, and now another has the slot.
            relay.mode = .cut
            try await master.eventually("the slot is free") { $0.workers.leased == 0 }
            try await ScriptedWorker.with(master.server) { other in
                _ = try await other.join()
                relay.mode = .passing
                #expect(try await worker.value == WorkerService.End(exitCode: 69, reason: "the lease is lost"))
                #expect(master.status?.workers == MasterStatus.Workers(wanted: 1, leased: 1, registered: 1))
            }
        }
    }

    @Test("stalled: each end knows by the silence, the daemon ends, and the slot is free")
    func stalled() async throws {
        try await Self.withWorker(
            limits: { ($0.silence, $0.grace) = (.seconds(1), .milliseconds(500)) },
            workerLimits: { $0.daemonSilence = .seconds(2) }
        ) { master, relay, worker in
            relay.mode = .stalled
            let end = try await worker.value
            // Two seconds, or more where the machine is busy.
            #expect(end.exitCode == 69)
            #expect(end.reason.wholeMatch(of: /the master has been silent for (?:[2-9]|[1-9][0-9]+) s/) != nil)
            try await master.eventually("the slot is free") { $0.workers.leased == 0 }
            try await master.eventually(tells: "it was silent for 1 s")
            relay.mode = .passing
            try await master.takesAnother()
        }
    }

    @Test("stalled for a moment: nothing is lost")
    func stalledForAMoment() async throws {
        try await Self.withWorker { master, relay, worker in
            relay.mode = .stalled
            try await Task.sleep(for: .seconds(1))
            relay.mode = .passing
            // An answer that was asked for after that.
            let lease = try #require(try await master.workers().first?.lease)
            let log = try await master.ask(.logs(lease, lines: 1))
            #expect(log == .log(lease, lines: ["ready"]))
            #expect(Self.starts(master) == "x\n")
            await master.shutDown()
            #expect(try await worker.value.exitCode == 0)
        }
    }

    @Test("a byte at a time, both ways: slow, and nothing else")
    func slow() async throws {
        try await Self.withWorker(mode: .slow) { master, _, worker in
            let lease = try #require(try await master.workers().first?.lease)
            let log = try await master.ask(.logs(lease, lines: 1))
            #expect(log == .log(lease, lines: ["ready"]))
            await master.shutDown()
            #expect(try await worker.value.exitCode == 0)
        }
    }

    /// What a listener does with each connection.
    enum Listener: CaseIterable {
        case none, closesAtOnce, closesAfterTheFirstBytes, closesAfterTheHandshake
    }

    @Test(
        "nobody there, or one who takes connections and closes them: it is tried again ever later",
        arguments: Listener.allCases)
    func noMaster(listener: Listener) async throws {
        let accepted = Mutex(0)
        let identity = try ChannelIdentity.ephemeral()
        let tls = try ChannelTLS(identity, role: .master)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                accepted.withLock { $0 += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    if listener == .closesAfterTheHandshake {
                        try channel.pipeline.syncOperations.addHandler(tls.masterHandler { _ in })
                    }
                    if listener != .closesAtOnce {
                        try channel.pipeline.syncOperations.addHandler(ClosesWhenItReads())
                    } else {
                        channel.close(promise: nil)
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        if listener == .none {
            try await server.close()
        }
        let log = LineCount()
        let end = try await TemporaryDirectory.with { directory in
            var configuration = WorkerService.Configuration(
                server: ServerInfo(
                    masterJobID: try MasterJobID(parsing: "77"), address: try Address(host: "127.0.0.1", port: port),
                    sessionProtocol: .alienPoD1, wanted: 1, share: 1,
                    key: try MasterKey(parsing: identity.thumbprint.description), reportedAt: 0, farm: "TEST"),
                directory: directory.path)
            configuration.limits.longestSilence = .seconds(5)
            return try await WorkerService(
                configuration, recipes: [Self.recipe], log: Logger(label: "worker") { _ in log }
            ).run(requests: AsyncStream { $0.finish() })
        }
        #expect(end == WorkerService.End(exitCode: 69, reason: "the master can't be reached"))
        // At 0, 0.5, 1.5 and 3.5 s, and later where this machine is busy.
        let attempts = log.count(of: "connecting to ")
        #expect((2...4).contains(attempts), "\(attempts) attempts")
        if listener != .none {
            #expect(accepted.withLock { $0 } == attempts)
            try await server.close()
        }
    }

    private final class ClosesWhenItReads: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.close(promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    /// Counts lines of a log.
    private final class LineCount: LogHandler {
        private let lines = Mutex<[String]>([])

        func count(of beginning: String) -> Int { self.lines.withLock { $0.count { $0.hasPrefix(beginning) } } }

        func log(event: LogEvent) {
            self.lines.withLock { $0.append("\(event.message)") }
        }

        subscript(metadataKey _: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
    }
}
