package import NIOCore
import PoDCore

/// The handler between TLS and the lines of a worker's connection that ends it when too much comes before it has a lease:
/// its hello and its claim are all that a worker has to say until then.
package final class LimitBeforeLease: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer

    /// Bytes from the first line on. A hello, and a claim with the longest ticket, a certificate request and the longest
    /// name of a host, are some 3300.
    package static let mostBytes = 4096

    private var bytes = 0
    private var hasLease = false

    /// It has a lease, and may say as much as it likes.
    func end() {
        self.hasLease = true
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !self.hasLease {
            self.bytes += self.unwrapInboundIn(data).readableBytes
            guard self.bytes <= Self.mostBytes else {
                return context.fireErrorCaught(
                    ValueError("connection", "more than \(Self.mostBytes) bytes before it has a lease"))
            }
        }
        context.fireChannelRead(data)
    }
}
