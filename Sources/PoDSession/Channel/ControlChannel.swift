import NIOCore
import NIOExtras
import NIOPosix
import PoDCore
import PoDTickets

/// The control channel's pipeline: TLS, then lines in and lines out; a line that is too long ends the connection.
enum ControlChannel {
    typealias Lines = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// A connection that a master took, and the key that its other end has once the handshake is over.
    struct Accepted: Sendable {
        let lines: Lines
        let key: EventLoopFuture<KeyThumbprint>
    }

    /// From a connection to the end of its handshake.
    private static let handshakeLimit: TimeAmount = .seconds(10)

    /// A connection that a master took.
    static func accept(_ channel: any Channel, _ tls: ChannelTLS) throws -> Accepted {
        let handshake = channel.eventLoop.makePromise(of: KeyThumbprint.self)
        let limit = channel.eventLoop.scheduleTask(in: self.handshakeLimit) {
            handshake.fail(ChannelError.connectTimeout(self.handshakeLimit))
            channel.close(promise: nil)
        }
        channel.closeFuture.whenComplete { _ in
            limit.cancel()
            handshake.fail(ChannelError.eof)
        }
        try channel.pipeline.syncOperations.addHandler(
            tls.masterHandler { key in
                limit.cancel()
                handshake.succeed(key)
            })
        return Accepted(lines: try self.lines(on: channel), key: handshake.futureResult)
    }

    /// Connects to a master.
    ///
    /// - Parameter onOtherKey: Called when whoever listens there has another key.
    static func connect(
        to master: Address, pinning key: KeyThumbprint, _ tls: ChannelTLS, onOtherKey: @escaping @Sendable () -> Void
    ) async throws -> Lines {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(10))
            .connect(host: master.host, port: Int(master.port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        tls.peerHandler(pinning: key, onOtherKey: onOtherKey))
                    return try self.lines(on: channel)
                }
            }
    }

    /// Lines in and lines out, on a channel that is about to begin.
    static func lines(on channel: any Channel) throws -> Lines {
        let framing = ByteToMessageHandler(LineBasedFrameDecoder(), maximumBufferSize: ControlCodec.longestLine)
        try channel.pipeline.syncOperations.addHandler(framing)
        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
    }
}
