import NIOCore
import NIOPosix
import NIOSSL
import PoDCore
import PoDTickets

/// What the channels of streams have in common, and how they are dialled.
///
/// A stream's two channels belong to one event loop: a byte on its way never waits for another thread.
enum StreamChannel {
    /// Bytes written and not yet taken by the kernel: above the second the other end is read no more, below the first
    /// it is read again.
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 256 << 10)
    /// Reads grow with what comes, in bytes.
    static let reads = AdaptiveRecvByteBufferAllocator(minimum: 2 << 10, initial: 16 << 10, maximum: 64 << 10)
    /// From the start of a dial until the other end is there.
    static let timeToDial = TimeAmount.seconds(10)

    static func bootstrap(on eventLoop: any EventLoop) -> ClientBootstrap {
        ClientBootstrap(group: eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.recvAllocator, value: self.reads)
            .channelOption(.writeBufferWaterMark, value: self.waterMark)
            .connectTimeout(self.timeToDial)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { _ = try SpliceEnd.add(to: channel) }
            }
    }

    /// Makes a stream's channel of one that was accepted at the control port.
    static func tune(_ channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.recvAllocator, value: self.reads)
        try options.setOption(.writeBufferWaterMark, value: self.waterMark)
        try options.setOption(.socketOption(.so_keepalive), value: 1)
    }

    /// Dials a daemon.
    static func dial(_ address: Address, on eventLoop: any EventLoop) -> EventLoopFuture<any Channel> {
        self.bootstrap(on: eventLoop).connect(host: address.host, port: Int(address.port))
    }

    /// Dials a master's control port.
    ///
    /// - Parameter line: What opens the connection; ``OpeningLine/control`` opens none.
    /// - Returns: The channel, once the master is proved and the line is with the kernel.
    static func dial(
        master: Address, tls: ChannelTLS, pinning key: KeyThumbprint, line: OpeningLine, on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        self.bootstrap(on: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(try tls.peerHandler(pinning: key))
                    _ = try SpliceEnd.add(to: channel)
                }
            }
            .connect(host: master.host, port: Int(master.port))
            .flatMap { channel in
                // Who accepts and then says nothing is given up, too.
                let deadline = channel.eventLoop.scheduleTask(in: self.timeToDial) { channel.close(promise: nil) }
                return channel.writeAndFlush(ByteBuffer(string: line.text ?? "")).always { _ in
                    deadline.cancel()
                }.map { channel }
            }
    }

    /// Joins two channels that were dialled or tuned here. Called on their event loop.
    ///
    /// - Parameter onEnd: Called once, also when one of them is gone already.
    static func join(
        _ one: any Channel, _ other: any Channel, onEnd: @escaping (StreamCounts) -> Void = { _ in }
    ) {
        guard let first = try? one.pipeline.syncOperations.handler(type: SpliceEnd.self) else {
            self.reset(other)
            return onEnd(StreamCounts())
        }
        guard let second = try? other.pipeline.syncOperations.handler(type: SpliceEnd.self) else {
            first.reset()
            return onEnd(StreamCounts())
        }
        SpliceEnd.join(first, second, onEnd: onEnd)
    }

    /// Ends a stream with an error at its other end. Called on its event loop.
    static func reset(_ channel: any Channel) {
        if let end = try? channel.pipeline.syncOperations.handler(type: SpliceEnd.self) {
            end.reset()
        } else {
            channel.close(promise: nil)
        }
    }
}
