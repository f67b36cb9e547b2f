import Glibc
import NIOCore

/// What becomes of a listening socket that can't take a connection: it tries again a little later.
///
/// For want of a descriptor, which the next connection that ends gives back, the socket would be polled all the time: NIO's
/// own `AcceptBackoffHandler` holds back who asks to read, and a socket that was asked before is polled until it has given a
/// connection.
enum AcceptErrors {
    private static let pause = TimeAmount.milliseconds(200)

    /// Called in the initializer of the listening channel.
    static func add(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(Pausing())
    }

    private final class Pausing: ChannelInboundHandler {
        typealias InboundIn = any Channel

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            guard let error = error as? IOError else {
                return context.fireErrorCaught(error)
            }
            // The others are of the connection alone.
            guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else { return }
            let channel = context.channel
            try? channel.syncOptions?.setOption(.autoRead, value: false)
            channel.eventLoop.scheduleTask(in: AcceptErrors.pause) {
                try? channel.syncOptions?.setOption(.autoRead, value: true)
            }
        }
    }
}
