package import NIOCore
import NIOPosix
package import PoDCore
import Synchronization

/// A port that takes connections, on loopback only those of processes of our own user, and hands each over before
/// anything is read of it.
package final class LocalListener: Sendable {
    package let address: Address
    private let channel: any Channel

    /// - Parameters:
    ///   - host: An IP address of this host.
    ///   - port: 0 for any free one.
    ///   - ownUserOnly: Whether the other end must be a process of our user on this host.
    ///   - mostUnknown: Connections whose owner is looked up at one moment; those beyond are closed.
    ///   - onConnection: Called on the event loop that the connection came to.
    /// - Throws: ``SessionError`` when nobody can listen there.
    package init(
        host: String, port: Int, ownUserOnly: Bool, mostUnknown: Int = 512, group: any EventLoopGroup,
        onConnection: @escaping @Sendable (DetachedSocket, any EventLoop) -> Void
    ) async throws(SessionError) {
        let unknown = Mutex(0)
        do {
            self.channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bearingAcceptErrors()
                .childChannelOption(.autoRead, value: false)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            Detaching { socket, ours, theirs, eventLoop in
                                guard ownUserOnly else {
                                    return onConnection(socket, eventLoop)
                                }
                                let isOne = unknown.withLock { unknown in
                                    guard unknown < mostUnknown else { return false }
                                    unknown += 1
                                    return true
                                }
                                guard isOne else { return }
                                NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
                                    SocketOwner.user(ofPeer: theirs, connectedTo: ours) == SocketOwner.ourUser
                                }.whenComplete { result in
                                    unknown.withLock { $0 -= 1 }
                                    if case .success(true) = result {
                                        onConnection(socket, eventLoop)
                                    }
                                }
                            })
                    }
                }
                .bind(host: host, port: port).get()
            self.address = try Address(host: host, port: self.channel.localAddress?.port ?? 0)
        } catch {
            throw SessionError(.unavailable, "no connections can be taken at \(host), port \(port): \(error)")
        }
    }

    /// Takes no more connections. Those that were handed over stay.
    package func close() {
        self.channel.close(promise: nil)
    }

    /// Takes the socket out of a channel as soon as it is there.
    private final class Detaching: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let onSocket: (DetachedSocket, SocketAddress, SocketAddress, any EventLoop) -> Void

        init(onSocket: @escaping (DetachedSocket, SocketAddress, SocketAddress, any EventLoop) -> Void) {
            self.onSocket = onSocket
        }

        func channelActive(context: ChannelHandlerContext) {
            guard let ours = context.localAddress, let theirs = context.remoteAddress,
                let socket = try? DetachedSocket(outOf: context.channel)
            else {
                return context.close(promise: nil)
            }
            self.onSocket(socket, ours, theirs, context.eventLoop)
        }
    }
}
