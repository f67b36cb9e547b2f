import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import PoDTickets
import Synchronization

/// A master that gives one lease, acknowledges everything, says what a test wants, and shows what the worker said.
final class ScriptedMaster: Sendable {
    static let lease = LeaseID(epoch: 5, number: 1)

    /// What is shared with the handlers of the connections.
    private struct State {
        var heard: [ControlMessage] = []
        var longestLine = 0
        var connection: (any Channel)?
    }

    private final class Box: Sendable {
        let state = Mutex(State())
        let terms: LeaseTerms
        /// Whether a claim gets its lease at once.
        let grants: Bool

        init(terms: LeaseTerms, grants: Bool) {
            self.terms = terms
            self.grants = grants
        }
    }

    let directory: URL
    private let box: Box
    private let listener: any Channel
    let server: ServerInfo

    /// Everything that the worker said.
    var heard: [ControlMessage] { self.box.state.withLock { $0.heard } }
    /// In bytes, of what the worker said.
    var longestLine: Int { self.box.state.withLock { $0.longestLine } }

    var heartbeats: [WorkerHealth] {
        self.heard.compactMap { if case .heartbeat(_, let health) = $0 { health } else { nil } }
    }

    var claims: [Claim] {
        self.heard.compactMap { if case .claim(let claim) = $0 { claim } else { nil } }
    }

    /// Where the daemon is reached, as each registration says.
    var contacts: [Address] {
        self.heard.compactMap {
            if case .register(Self.lease, let registration) = $0 { registration.contact } else { nil }
        }
    }

    var registrations: Int { self.contacts.count }

    /// Code, reason and log of the goodbye.
    var goodbye: (code: Int32, reason: String, log: [String])? {
        for case .bye(Self.lease, let code, let reason, let log) in self.heard {
            return (code, reason, log)
        }
        return nil
    }

    /// Runs it for the time of `body`.
    ///
    /// - Parameters:
    ///   - contact: Where others reach the worker's daemon, as its terms say.
    ///   - grants: Whether a claim gets its lease at once; else ``grant()`` gives it.
    static func with<Result>(
        contact: Address? = nil, grants: Bool = true, _ body: (ScriptedMaster) async throws -> Result
    ) async throws -> Result {
        try await TemporaryDirectory.with { directory in
            let master = try await ScriptedMaster(
                directory, Box(terms: LeaseTerms(recipe: "test", contact: contact), grants: grants))
            do {
                let result = try await body(master)
                try await master.listener.close()
                return result
            } catch {
                try? await master.listener.close()
                throw error
            }
        }
    }

    private init(_ directory: URL, _ box: Box) async throws {
        self.directory = directory
        self.box = box
        let identity = try ChannelIdentity.ephemeral()
        let tls = try ChannelTLS(identity, role: .master)
        self.listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(tls.masterHandler { _ in }, Conversation(box))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = self.listener.localAddress?.port ?? 0
        self.server = ServerInfo(
            masterJobID: try MasterJobID(parsing: "77"), address: try Address(host: "127.0.0.1", port: port),
            sessionProtocol: .alienPoD1, wanted: 1, share: 1,
            key: try MasterKey(parsing: identity.thumbprint.description), reportedAt: 0, farm: "TEST")
    }

    /// Says something to the worker.
    func say(_ message: ControlMessage) {
        self.box.state.withLock { $0.connection }?.writeAndFlush(ControlCodec.encode(message), promise: nil)
    }

    /// Answers the claim.
    func grant() {
        self.say(.lease(Self.lease, self.box.terms))
    }

    /// Ends the connection.
    func disconnect() {
        self.box.state.withLock { $0.connection }?.close(promise: nil)
    }

    /// Runs a worker to its end.
    ///
    /// - Parameter work: Its directory; one below the master's if not given.
    func worker(
        _ recipe: any Recipe, work: String? = nil,
        _ configure: (inout WorkerService.Configuration) -> Void = { _ in }
    ) async throws -> WorkerService.End {
        var configuration = WorkerService.Configuration(
            server: self.server, directory: work ?? self.directory.appendingPathComponent("worker").path)
        configuration.limits.heartbeat = .milliseconds(200)
        configuration.limits.firstRestart = .milliseconds(100)
        configure(&configuration)
        return try await WorkerService(configuration, recipes: [recipe], log: RunningMaster.quiet)
            .run(requests: AsyncStream { $0.finish() })
    }

    /// The first line of a file in the worker's directory; `nil` while there is none.
    func line(of name: String) -> String? {
        let path = self.directory.appendingPathComponent("worker/\(name)").path
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), text.hasSuffix("\n") else { return nil }
        return text.split(separator: "\n").first.map(String.init)
    }

    private final class Conversation: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let box: Box
        private var rest: [UInt8] = []

        init(_ box: Box) {
            self.box = box
        }

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            self.box.state.withLock { $0.connection = channel }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.rest += self.unwrapInboundIn(data).readableBytesView
            while let end = self.rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = ByteBuffer(bytes: self.rest[..<end])
                self.rest.removeSubrange(...end)
                guard let message = try? ControlCodec.decode(line) else { continue }
                self.box.state.withLock { state in
                    state.heard.append(message)
                    state.longestLine = max(state.longestLine, line.readableBytes)
                }
                if let answer = self.answer(to: message) {
                    context.writeAndFlush(self.wrapOutboundOut(ControlCodec.encode(answer)), promise: nil)
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func answer(to message: ControlMessage) -> ControlMessage? {
            switch message {
            case .claim: self.box.grants ? .lease(ScriptedMaster.lease, self.box.terms) : nil
            case .register: .registered
            case .heartbeat: .acknowledged
            default: nil
            }
        }
    }
}
