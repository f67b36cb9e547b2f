import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A connection that was accepted and of which nothing was read yet, not bound to any event loop.
///
/// Which loop it goes to follows from the channel that it is joined with: with both on the same, a byte on its way never
/// waits for another thread. Closed when nobody adopts it.
package final class DetachedSocket: Sendable {
    private let descriptor: Mutex<CInt?>

    /// Takes a socket out of its channel, which closes without a word to the other end.
    ///
    /// - Throws: When the channel has no socket, or there is no descriptor left.
    init(outOf channel: any Channel) throws {
        let copy = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { socket in
            fcntl(socket, F_DUPFD_CLOEXEC, 0)
        }
        channel.close(promise: nil)
        guard let copy, copy >= 0 else {
            throw IOError(errnoCode: errno, reason: "a connection can't be taken out of its channel")
        }
        self.descriptor = Mutex(copy)
    }

    deinit {
        self.close()
    }

    func close() {
        if let descriptor = self.take() {
            Glibc.close(descriptor)
        }
    }

    /// Makes it a channel of an event loop.
    func adopt(on eventLoop: any EventLoop) -> EventLoopFuture<any Channel> {
        guard let descriptor = self.take() else {
            return eventLoop.makeFailedFuture(ChannelError.alreadyClosed)
        }
        return StreamChannel.bootstrap(on: eventLoop).withConnectedSocket(descriptor)
    }

    private func take() -> CInt? {
        self.descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
    }
}
