import Glibc
import NIOCore
import NIOPosix

extension ServerBootstrap {
    /// Has the listening socket try again a little later when it can't take a connection.
    func bearingAcceptErrors() -> ServerBootstrap {
        self.serverChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(AcceptErrors())
            }
        }
    }
}

/// What becomes of a listening socket that can't take a connection.
///
/// For want of a descriptor, which the next connection that ends gives back, the socket would be polled all the time: NIO's
/// own `AcceptBackoffHandler` holds back who asks to read, and a socket that was asked before is polled until it has given a
/// connection.
private final class AcceptErrors: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(200)

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else {
            return context.fireErrorCaught(error)
        }
        // The others are of the connection alone.
        guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else { return }
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        channel.eventLoop.scheduleTask(in: Self.pause) {
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
