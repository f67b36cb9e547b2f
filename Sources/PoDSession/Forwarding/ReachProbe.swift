import NIOCore
import NIOPosix
package import PoDCore

/// A master's look whether a worker can be reached where its daemon will be: who answers there must know the nonce of the
/// worker's claim. Behind NAT it may be another node, or nobody.
package struct ReachProbe: Hashable, Sendable {
    package let address: Address
    package let nonce: StreamSecret

    package init(address: Address, nonce: StreamSecret) {
        self.address = address
        self.nonce = nonce
    }

    /// Whether the worker is met there. Sends nothing.
    ///
    /// - Parameter limit: From the start to the nonce.
    package func isMet(within limit: Duration) async -> Bool {
        let limit = TimeAmount(limit)
        let line = Claim.Reach(port: self.address.port, nonce: self.nonce).line
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let isMet = eventLoop.makePromise(of: Bool.self)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listening(to: line, isMet))
                }
            }
            .connect(host: self.address.host, port: Int(self.address.port))
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
                case .failure:
                    isMet.succeed(false)
                }
            }
        return (try? await isMet.futureResult.get()) == true
    }

    /// Reads until it is clear whether the line comes, and closes.
    private final class Listening: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let isMet: EventLoopPromise<Bool>
        private let line: ByteBuffer
        private var heard = ByteBuffer()
        private var isDecided = false

        init(to line: ByteBuffer, _ isMet: EventLoopPromise<Bool>) {
            self.line = line
            self.isMet = isMet
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !self.isDecided else { return }
            var buffer = self.unwrapInboundIn(data)
            self.heard.writeBuffer(&buffer)
            if self.heard.readableBytes >= self.line.readableBytes {
                self.decide(self.heard == self.line)
                context.close(promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            self.decide(false)
        }

        private func decide(_ isMet: Bool) {
            guard !self.isDecided else { return }
            self.isDecided = true
            self.isMet.succeed(isMet)
        }
    }
}

extension Claim.Reach {
    /// What is said at the port.
    var line: ByteBuffer { ByteBuffer(string: "\(self.nonce)\n") }
}
