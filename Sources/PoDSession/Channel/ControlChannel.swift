import NIOCore
import NIOExtras
import NIOPosix
import PoDCore
import PoDTickets

/// The control channel's pipeline: TLS, then lines in and lines out; a line that is too long ends the connection.
enum ControlChannel {
    typealias Lines = NIOAsyncChannel<ByteBuffer, ByteBuffer>

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

    /// Says what is to be said and hands on the lines that come, until either ends.
    static func converse(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        saying outgoing: AsyncStream<ControlMessage>, onLine: @escaping @Sendable (ByteBuffer) async -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await message in outgoing {
                    try await outbound.write(ControlCodec.encode(message))
                }
            }
            group.addTask {
                for try await line in inbound {
                    await onLine(line)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Bytes to lines without their ends; one that is too long is an error.
    static func framing() -> ByteToMessageHandler<LineBasedFrameDecoder> {
        ByteToMessageHandler(LineBasedFrameDecoder(), maximumBufferSize: ControlCodec.longestLine)
    }

    /// Lines in and lines out, on a channel that is about to begin.
    static func lines(on channel: any Channel) throws -> Lines {
        try channel.pipeline.syncOperations.addHandler(self.framing())
        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
    }
}
