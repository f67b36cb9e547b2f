import NIOCore

/// Holds back the end of input while TLS looks at the other end's key.
///
/// Whoever dials may have sent all that it will ever send, and its end, before the handshake is complete here. TLS takes
/// the key at the next turn of the event loop; an end that it sees before, it takes for a broken handshake. So this
/// handler stands between the socket and TLS until then. swift-nio-ssl 2.37.
final class EarlyEnd: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let keyWasShown: () -> Bool
    private var context: ChannelHandlerContext?
    private var isHeld = false

    /// - Parameter keyWasShown: Whether TLS has the key and will come to an end by itself.
    init(keyWasShown: @escaping () -> Bool) {
        self.keyWasShown = keyWasShown
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, self.keyWasShown() {
            self.isHeld = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// The handshake is complete. Called while TLS says so, before it has read what came with it.
    func handshakeIsComplete() {
        guard let context = self.context else { return }
        context.eventLoop.assumeIsolated().execute {
            if self.isHeld {
                context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            }
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
    }
}
