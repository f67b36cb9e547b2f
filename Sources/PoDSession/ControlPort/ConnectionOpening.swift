import NIOCore
import PoDCore
import PoDTickets

/// The handler behind TLS that reads the first line of a connection to the control port and decides what it is.
///
/// Then it hands over what came behind the line and is gone, before anything else is read.
final class ConnectionOpening: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let deadline: TimeAmount
    private let longest: () -> Int
    private let onHandshake: () -> Void
    private let onLine: (OpeningLine, any Channel) throws -> Void
    private let onRefusal: (any Error, any Channel) -> Void
    private var received = ByteBuffer()
    private var timer: Scheduled<Void>?
    private var isDecided = false

    /// - Parameters:
    ///   - deadline: From the connection to the end of its first line, TLS's handshake included.
    ///   - longest: How long the line may be, in bytes without its newline, for who is at the other end.
    ///   - onHandshake: Called when TLS says that it is there.
    ///   - onLine: Adds the handlers that the connection needs. What it throws is a refusal.
    ///   - onRefusal: Called in its stead, once, when there is no such line. Closes the connection.
    init(
        deadline: TimeAmount, longest: @escaping () -> Int, onHandshake: @escaping () -> Void,
        onLine: @escaping (OpeningLine, any Channel) throws -> Void,
        onRefusal: @escaping (any Error, any Channel) -> Void
    ) {
        self.deadline = deadline
        self.longest = longest
        self.onHandshake = onHandshake
        self.onLine = onLine
        self.onRefusal = onRefusal
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: self.deadline) {
            self.refuse(ValueError("first line", "none in time"), context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer?.cancel()
    }

    func removeHandler(context: ChannelHandlerContext, removalToken: ChannelHandlerContext.RemovalToken) {
        if self.received.readableBytes > 0 {
            context.fireChannelRead(self.wrapInboundOut(self.received))
            context.fireChannelReadComplete()
        }
        context.leavePipeline(removalToken: removalToken)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = self.unwrapInboundIn(data)
        guard !self.isDecided else {
            // Refused; nothing of it is kept.
            return
        }
        let searched = self.received.readableBytes
        self.received.writeBuffer(&buffer)
        let longest = self.longest()
        let line = self.received.readableBytesView.prefix(longest + 1)
        guard let end = line.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
            if line.count > longest {
                self.refuse(ValueError("first line", "longer than \(longest) bytes"), context)
            }
            return
        }
        self.decide(Array(line[line.startIndex..<end]), context)
    }

    private func decide(_ line: [UInt8], _ context: ChannelHandlerContext) {
        do {
            let opening = try OpeningLine(parsing: line)
            if opening.isAll {
                self.received.moveReaderIndex(forwardBy: line.count + 1)
            }
            try self.onLine(opening, context.channel)
        } catch {
            return self.refuse(error, context)
        }
        self.isDecided = true
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func refuse(_ reason: any Error, _ context: ChannelHandlerContext) {
        guard !self.isDecided else { return }
        self.isDecided = true
        self.received = ByteBuffer()
        self.timer?.cancel()
        self.onRefusal(reason, context.channel)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else {
            // TLS has no other news before the first line.
            self.onHandshake()
            return context.fireUserInboundEventTriggered(event)
        }
        self.refuse(ValueError("first line", "cut off"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.refuse(ValueError("first line", "cut off"), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.refuse(error, context)
    }
}
