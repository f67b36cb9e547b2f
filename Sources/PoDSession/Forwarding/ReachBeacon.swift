import Glibc
import NIOCore
import NIOExtras
import NIOPosix
import PoDCore
import PoDRecipes

/// What a worker has at its daemon's port until the daemon comes: it says to everybody the nonce of its claim, so that the
/// master can see whether this worker, and no other behind the same address, can be reached there.
final class ReachBeacon: Sendable {
    let reach: Claim.Reach
    private let quiescing: ServerQuiescingHelper

    /// How long a connection may stay.
    private static let longestConnection = TimeAmount.seconds(10)

    /// - Parameter host: An address of this machine.
    /// - Throws: When nobody can listen there.
    init(host: String, port: PortReservation, group: any EventLoopGroup) async throws {
        let reach = Claim.Reach(port: port.port, nonce: .random())
        let quiescing = ServerQuiescingHelper(group: group)
        self.reach = reach
        self.quiescing = quiescing
        _ = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // A process that is started meanwhile would keep the port. swift-nio 2.101.
                    try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { socket in
                        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
                    }
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Saying(reach.line))
                }
            }
            .bind(host: host, port: Int(port.port)).get()
    }

    /// Leaves the port to the daemon: nothing listens there any more, and no connection is left.
    func close() async {
        let closed = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
        self.quiescing.initiateShutdown(promise: closed)
        try? await closed.futureResult.get()
    }

    /// Says the line, and lets the other end close, which then has what TCP keeps of the connection.
    private final class Saying: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let line: ByteBuffer
        private var deadline: Scheduled<Void>?

        init(_ line: ByteBuffer) {
            self.line = line
        }

        func channelActive(context: ChannelHandlerContext) {
            self.deadline = context.eventLoop.assumeIsolated().scheduleTask(in: ReachBeacon.longestConnection) {
                context.close(promise: nil)
            }
            context.writeAndFlush(self.wrapOutboundOut(self.line), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.deadline?.cancel()
            context.fireChannelInactive()
        }

        /// Nothing is wanted of anybody.
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is ChannelShouldQuiesceEvent {
                context.close(promise: nil)
            } else {
                context.fireUserInboundEventTriggered(event)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
