import Foundation
import NIOCore
import NIOExtras
import NIOPosix
import NIOTLS
import PoDCore
import PoDRecipes
import PoDSession
import PoDTickets

/// The other end of a master with many workers, and the bare server that the master is measured beside.
///
///     session-peer bare                                    a server that echoes; prints its address and its key
///     session-peer connect ADDRESS KEY COUNT               so many connections to it, each with one line echoed
///     session-peer register ADDRESS KEY JOB COUNT          so many workers of a master, which then send heartbeats
///
/// The last two print the seconds that it took, and end with standard input.
@main
enum SessionPeer {
    private static let group = MultiThreadedEventLoopGroup.singleton
    /// Connections on their way at one time.
    private static let window = 64

    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        switch words.first {
        case "bare" where words.count == 1:
            try await self.serve()
        case "connect" where words.count == 4:
            let target = try Target(address: words[1], key: words[2])
            try await self.open(words[3], target) { done in [Echoed(done)] }
        case "register" where words.count == 5:
            let target = try Target(address: words[1], key: words[2])
            let job = try MasterJobID(parsing: words[3])
            try await self.open(words[4], target) { done in
                [
                    ByteToMessageHandler(LineBasedFrameDecoder(), maximumBufferSize: ControlCodec.longestLine),
                    Worker(of: job, done),
                ]
            }
        default:
            print("Usage: session-peer bare | connect ADDRESS KEY COUNT | register ADDRESS KEY JOB COUNT")
        }
    }

    private struct Target {
        let address: Address
        let key: KeyThumbprint

        init(address: String, key: String) throws {
            self.address = try Address(parsing: address)
            self.key = try KeyThumbprint(parsing: key)
        }
    }

    /// The bare server: mutual TLS as the control port has it, and nothing above it but an echo.
    private static func serve() async throws {
        let identity = try ChannelIdentity.ephemeral()
        let tls = try ChannelTLS(identity, role: .master)
        let server = try await ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(tls.masterHandler { _ in }, Echo())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.say("127.0.0.1:\(server.localAddress?.port ?? 0) \(identity.thumbprint)")
        await self.untilEndOfInput()
    }

    /// Opens connections, a few at a time, each until its handlers say that it is done.
    private static func open(
        _ count: String, _ target: Target, _ handlers: @escaping @Sendable (Done) -> [any ChannelHandler]
    ) async throws {
        guard let count = Int(count) else { return print("expected a number of connections, found \(count)") }
        let identities = try (0..<self.window).map { _ in try ChannelTLS(try ChannelIdentity.ephemeral(), role: .peer) }
        let begin = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                if number >= self.window {
                    try await group.next()
                }
                let tls = identities[number % self.window]
                group.addTask {
                    let done = self.group.next().makePromise(of: Void.self)
                    do {
                        _ = try await ClientBootstrap(group: self.group)
                            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                            .channelInitializer { channel in
                                channel.eventLoop.makeCompletedFuture {
                                    try channel.pipeline.syncOperations.addHandler(
                                        tls.peerHandler(pinning: target.key))
                                    try channel.pipeline.syncOperations.addHandlers(handlers(Done(done)))
                                }
                            }
                            .connect(host: target.address.host, port: Int(target.address.port)).get()
                    } catch {
                        done.fail(error)
                    }
                    try await done.futureResult.get()
                }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        self.say(String(seconds))
        await self.untilEndOfInput()
    }

    /// Unbuffered: somebody waits for the line at the other end of a pipe.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }

    private static func untilEndOfInput() async {
        await Task.detached {
            while !FileHandle.standardInput.availableData.isEmpty {}
        }.value
    }
}

/// Tells once that a connection is where it should be, or that it was lost before.
struct Done: Sendable {
    struct Lost: Error {
        let why: String
    }

    private let promise: EventLoopPromise<Void>

    init(_ promise: EventLoopPromise<Void>) {
        self.promise = promise
    }

    func succeed() { self.promise.succeed() }

    func fail(_ why: String) { self.promise.fail(Lost(why: why)) }
}

private final class Echo: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Sends a line and waits for what comes back.
private final class Echoed: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let done: Done

    init(_ done: Done) {
        self.done = done
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: "hello\n")), promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.done.succeed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.done.fail("the connection was closed")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.done.fail("\(error)")
        context.close(promise: nil)
    }
}

/// A worker as far as its master sees it: claims, registers at once, sends heartbeats.
private final class Worker: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let heartbeat: TimeAmount = .seconds(15)

    private let job: MasterJobID
    private let done: Done

    init(of job: MasterJobID, _ done: Done) {
        self.job = job
        self.done = done
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted = event else { return }
        self.say(.hello(protocolName: ControlCodec.protocolName, version: Version.current), context)
        let id = ClaimID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
        self.say(.claim(Claim(id: id, masterJobID: self.job, host: "wn1.example.org", pid: 4711)), context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            switch try ControlCodec.decode(self.unwrapInboundIn(data)) {
            case .lease(let lease, _):
                let contact = try Address(host: "wn1.example.org", port: 20001)
                let versions = try Versions(checking: ["dask": "2026.1.0", "python": "3.11.2"])
                self.say(
                    .register(lease, Registration(contact: contact, account: "alice", versions: versions)), context)
                self.beat(lease, context)
            case .registered:
                self.done.succeed()
            case .refused(_, let reason), .error(let reason):
                self.done.fail(reason)
            default:
                break
            }
        } catch {
            self.done.fail("\(error)")
        }
    }

    private func beat(_ lease: LeaseID, _ context: ChannelHandlerContext) {
        let channel = context.channel
        context.eventLoop.scheduleRepeatedTask(initialDelay: Self.heartbeat, delay: Self.heartbeat) { task in
            guard channel.isActive else { return task.cancel() }
            let health = WorkerHealth(daemon: "ready", load: 0.97, residentBytes: 734_003_200)
            channel.writeAndFlush(ControlCodec.encode(.heartbeat(lease, health)), promise: nil)
        }
    }

    private func say(_ message: ControlMessage, _ context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ControlCodec.encode(message)), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.done.fail("the connection was closed")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.done.fail("\(error)")
        context.close(promise: nil)
    }
}
