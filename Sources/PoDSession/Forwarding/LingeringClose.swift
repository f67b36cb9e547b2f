import Glibc
import NIOCore

/// Lets a close wait until what was written before it is with the kernel.
///
/// A channel whose input has ended takes a close of its output for a close of everything, and drops what is not written
/// yet; so does TLS. With this handler first in the pipeline neither loses a byte, not even TLS's goodbye.
final class LingeringClose: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            context.close(mode: mode, promise: promise)
        }
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer()), promise: written)
    }

    /// Ends the connection with a reset and no goodbye of TLS, so that the other end can't take it for the end of data.
    func reset() {
        guard let context = self.context else { return }
        // On its own event loop it is set at once.
        _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        context.close(promise: nil)
    }
}
