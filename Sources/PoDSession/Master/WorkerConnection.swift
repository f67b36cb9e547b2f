import NIOCore
import NIOExtras
import PoDCore
import PoDTickets
import Synchronization

/// The workers' control connections at their master. None has a task or a queue of its own, for a master holds thousands
/// and most say a line every 15 s: what comes on any of them goes to one queue.
final class WorkerConnections: Sendable {
    enum Event: Sendable {
        case opened(WorkerConnection, by: KeyThumbprint)
        /// Some lines; no more are read until ``WorkerConnection/readOn()``.
        case said([ByteBuffer], MasterMachine.ConnectionID)
        case closed(MasterMachine.ConnectionID)
    }

    /// In the order in which they came on each connection.
    let events: AsyncStream<Event>
    private let source: AsyncStream<Event>.Continuation
    private let count = Atomic<MasterMachine.ConnectionID>(0)

    init() {
        (self.events, self.source) = AsyncStream.makeStream()
    }

    /// Nobody reads ``events`` any more: whoever comes is sent away.
    func end() {
        self.source.finish()
    }

    /// Makes a channel one of them. Called on its event loop.
    ///
    /// - Parameters:
    ///   - key: What the other end has shown to be its own.
    ///   - newcomer: What it is until it has a lease.
    func add(_ channel: any Channel, by key: KeyThumbprint, _ newcomer: Newcomers.Newcomer) throws {
        let id = self.count.add(1, ordering: .relaxed).newValue
        let limit = LimitBeforeLease()
        let handler = WorkerConnectionHandler(id, self.source)
        try channel.pipeline.syncOperations.addHandlers(limit, ControlChannel.framing(), handler)
        let connection = WorkerConnection(id: id, channel: channel, newcomer, limit, handler)
        if case .terminated = self.source.yield(.opened(connection, by: key)) {
            connection.close()
        }
    }
}

/// One of them.
struct WorkerConnection: Sendable {
    let id: MasterMachine.ConnectionID
    /// Where it comes from; `nil` when that is not known.
    let source: Address?
    private let channel: any Channel
    private let newcomer: Newcomers.Newcomer
    private let limit: NIOLoopBound<LimitBeforeLease>
    private let handler: NIOLoopBound<WorkerConnectionHandler>

    fileprivate init(
        id: MasterMachine.ConnectionID, channel: any Channel, _ newcomer: Newcomers.Newcomer,
        _ limit: LimitBeforeLease, _ handler: WorkerConnectionHandler
    ) {
        self.id = id
        self.source = Address(channel.remoteAddress)
        self.channel = channel
        self.newcomer = newcomer
        self.limit = NIOLoopBound(limit, eventLoop: channel.eventLoop)
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// It has a lease: it may say more, and others may come in its stead.
    func has(_ lease: LeaseID) {
        self.limit.eventLoop.execute { self.limit.value.end() }
        self.newcomer.has(lease)
    }

    /// Sends a message. A worker that lets what it is told pile up is beyond help: its connection is closed, and it may
    /// come back.
    func send(_ message: ControlMessage) {
        guard self.channel.isWritable else { return self.close() }
        self.channel.writeAndFlush(ControlCodec.encode(message), promise: nil)
    }

    /// What came was taken: lets more come.
    func readOn() {
        self.handler.eventLoop.execute { self.handler.value.readOn() }
    }

    /// Closes it behind what was sent.
    func close() {
        self.channel.close(promise: nil)
    }
}

private final class WorkerConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let id: MasterMachine.ConnectionID
    private let source: AsyncStream<WorkerConnections.Event>.Continuation
    private var context: ChannelHandlerContext?
    private var lines: [ByteBuffer] = []
    /// Whether lines wait to be taken.
    private var isWaiting = false
    private var hasReadToDo = false
    private var isClosing = false

    init(_ id: MasterMachine.ConnectionID, _ source: AsyncStream<WorkerConnections.Event>.Continuation) {
        self.id = id
        self.source = source
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !self.isClosing {
            self.lines.append(self.unwrapInboundIn(data))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !self.lines.isEmpty {
            self.isWaiting = true
            self.source.yield(.said(self.lines, self.id))
            self.lines = []
        }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        // A connection that is about to end is read to its end.
        if self.isWaiting, !self.isClosing {
            self.hasReadToDo = true
        } else {
            context.read()
        }
    }

    func readOn() {
        self.isWaiting = false
        if self.hasReadToDo {
            self.hasReadToDo = false
            self.context?.read()
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        self.isClosing = true
        self.readOn()
        context.close(mode: mode, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.source.yield(.closed(self.id))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
