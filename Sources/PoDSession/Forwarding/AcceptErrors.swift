import Glibc
import NIOCore

/// What becomes of a listening socket that can't take a connection: it tries again a little later.
///
/// An error that went on would end whoever takes connections from the channel, and with that a session: for want of a
/// descriptor, which the next connection that ends gives back.
enum AcceptErrors {
    private static let pause = TimeAmount.milliseconds(200)

    /// Called in the initializer of the listening channel.
    static func add(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { error in
                // The others are of the connection alone.
                [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) ? Self.pause : nil
            })
    }
}
