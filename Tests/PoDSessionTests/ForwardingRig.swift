import Logging
import NIOCore
import NIOPosix
import NIOSSL
import PoDCore
import PoDSession
import PoDTestKit
import PoDTickets

/// A master with its control port, one worker, its daemon, and the port that stands for it, all on loopback.
///
/// The control port echoes what comes on control connections.
struct ForwardingRig: Sendable {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    static let group = MultiThreadedEventLoopGroup.singleton
    static let lease = LeaseID(epoch: 1, number: 1)
    /// Of the far ends, in bytes: small, so that a sender soon feels who does not read.
    private static let socketBuffer: ChannelOptions.Types.SocketOption.Value = 256 << 10

    let session: ChannelIdentity
    let worker: ChannelIdentity
    let streams: ForwardedStreams
    let head: HeadConnection
    let master: Address
    let port: ForwardedPort
    /// The secrets that the worker was asked with, where `dialsBack` is false.
    let asked: AsyncStream<StreamSecret>

    /// - Parameters:
    ///   - daemon: Where the worker's daemon listens, which is also the head daemon's `scheduler`.
    ///   - dialsBack: Whether the worker answers; else the test reads ``asked``.
    static func run(
        daemon: Address, limits: PendingDials.Limits = PendingDials.Limits(), deadline: Duration = .seconds(10),
        newcomers: NewcomerQueue.Limits = NewcomerQueue.Limits(), dialsBack: Bool = true,
        _ body: (ForwardingRig) async throws -> Void
    ) async throws {
        let session = try ChannelIdentity.ephemeral()
        let worker = try ChannelIdentity.ephemeral()
        let streams = ForwardedStreams(limits: limits)
        let head = HeadConnection { name in name == "scheduler" ? daemon : nil }
        let control = ControlPort(
            session: session.thumbprint, tls: try ChannelTLS(session, role: .master), streams: streams, head: head,
            newcomers: Newcomers(limits: newcomers), deadline: deadline, log: Logger(label: "test"))
        let server = try await ServerBootstrap(group: self.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    _ = try control.open(channel) { channel, _, _ in
                        try channel.pipeline.syncOperations.addHandler(Echo())
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let master = try Address(host: "127.0.0.1", port: server.localAddress?.port ?? 0)
        let dialBack = try DialBack(
            master: master, tls: try ChannelTLS(worker, role: .peer), pinning: session.thumbprint, daemon: daemon,
            group: self.group)
        let (asked, continuation) = AsyncStream.makeStream(of: StreamSecret.self)
        let port = try await ForwardedPort(
            for: self.lease, of: worker.thumbprint, streams: streams, group: self.group
        ) { secret in
            guard dialsBack else {
                continuation.yield(secret)
                return
            }
            Task {
                do {
                    try await dialBack.dial(secret)
                } catch {
                    streams.dialFailed(secret, by: worker.thumbprint)
                }
            }
        }
        let rig = ForwardingRig(
            session: session, worker: worker, streams: streams, head: head, master: master, port: port, asked: asked)
        do {
            try await body(rig)
        } catch {
            try await rig.end(server)
            throw error
        }
        try await rig.end(server)
    }

    private func end(_ server: any Channel) async throws {
        self.port.close()
        self.streams.leaseEnded(Self.lease)
        try await server.close()
    }

    /// A connection to a daemon or a forwarded port.
    static func connect(_ address: Address) async throws -> Connection {
        try await self.client.connect(host: address.host, port: Int(address.port)) { channel in
            channel.eventLoop.makeCompletedFuture { try self.wrap(channel) }
        }
    }

    /// A connection to the control port with a key.
    func connect(as identity: ChannelIdentity) async throws -> Connection {
        let tls = try ChannelTLS(identity, role: .peer)
        let key = self.session.thumbprint
        return try await ClientBootstrap(group: Self.group).connect(host: "127.0.0.1", port: Int(self.master.port)) {
            channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(try tls.peerHandler(pinning: key))
                return try Self.wrap(channel)
            }
        }
    }

    private static var client: ClientBootstrap {
        ClientBootstrap(group: self.group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.socketOption(.so_sndbuf), value: self.socketBuffer)
    }

    private static func wrap(_ channel: any Channel) throws -> Connection {
        try Connection(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }

    /// A daemon: `serve` is run for each connection, until `body` is through.
    static func withDaemon(
        _ serve:
            @escaping @Sendable (NIOAsyncChannelInboundStream<ByteBuffer>, NIOAsyncChannelOutboundWriter<ByteBuffer>)
            async throws -> Void,
        _ body: (Address) async throws -> Void
    ) async throws {
        let server = try await ServerBootstrap(group: self.group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.so_rcvbuf), value: self.socketBuffer)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try self.wrap(channel) }
            }
        let address = try Address(host: "127.0.0.1", port: server.channel.localAddress?.port ?? 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withThrowingDiscardingTaskGroup { connections in
                    try await server.executeThenClose { inbound in
                        for try await connection in inbound {
                            connections.addTask {
                                // A connection that breaks is the test's business, not the daemon's.
                                try? await connection.executeThenClose { inbound, outbound in
                                    try await serve(inbound, outbound)
                                }
                            }
                        }
                    }
                    connections.cancelAll()
                }
            }
            do {
                try await body(address)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    /// A daemon that sends back what it gets, and ends when its peer ends.
    static func withEcho(_ body: (Address) async throws -> Void) async throws {
        try await self.withDaemon(
            { inbound, outbound in
                for try await buffer in inbound {
                    try await outbound.write(buffer)
                }
            }, body)
    }

    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}

extension NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator {
    /// The next `count` bytes, or as many as come before the end.
    mutating func read(_ count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, let buffer = try await self.next() {
            bytes += buffer.readableBytesView
        }
        return bytes
    }

    /// All bytes to the end of the stream.
    mutating func readToEnd() async throws -> [UInt8] {
        try await self.read(.max)
    }
}

extension ForwardingRig {
    /// What the control port answers to bytes, up to so many or to the end; nothing where it breaks off.
    func answer(to text: String, as identity: ChannelIdentity, _ count: Int = .max) async throws -> [UInt8] {
        let connection = try await self.connect(as: identity)
        let answer = try? await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var bytes = inbound.makeAsyncIterator()
            return try await bytes.read(count)
        }
        return answer ?? []
    }
}
