import NIOCore

/// How many bytes went through a stream.
package struct StreamCounts: Hashable, Sendable {
    /// From the end that was named first to the other.
    package var forth: UInt64 = 0
    package var back: UInt64 = 0
}

/// One of two channels of the same event loop that are made one stream: what either reads, the other writes.
///
/// An end reads only while the other's buffers take more, so that a slow reader slows its sender and memory stays
/// bounded. The end of input becomes the end of the other's output, in each direction for itself. An error of either
/// resets both, so that nobody takes a broken stream for a whole one.
///
/// Added before the other is there, an end keeps what comes, at most one round of reads, and then reads no more.
final class SpliceEnd: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What both ends share.
    private final class Stream {
        var openEnds = 2
        var counts = StreamCounts()
        let onEnd: (StreamCounts) -> Void

        init(onEnd: @escaping (StreamCounts) -> Void) {
            self.onEnd = onEnd
        }
    }

    private let lingering = LingeringClose()
    private var context: ChannelHandlerContext?
    private var partner: SpliceEnd?
    private var stream: Stream?
    private var isFirst = false
    /// What came while there was no partner.
    private var early: [ByteBuffer] = []
    private var readIsWanted = false
    private var inputHasEnded = false
    private var outputHasEnded = false
    private var isReset = false

    /// Makes a channel ready to be joined with another. Called on its event loop.
    static func add(to channel: any Channel) throws -> SpliceEnd {
        let end = SpliceEnd()
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try channel.pipeline.syncOperations.addHandler(end.lingering, position: .first)
        try channel.pipeline.syncOperations.addHandler(end)
        return end
    }

    /// Makes one stream of two channels.
    ///
    /// - Parameter onEnd: Called once, when both channels are closed.
    static func join(_ one: SpliceEnd, _ other: SpliceEnd, onEnd: @escaping (StreamCounts) -> Void) {
        guard one.context != nil, other.context != nil, !one.isReset, !other.isReset else {
            one.reset()
            other.reset()
            return onEnd(StreamCounts())
        }
        let stream = Stream(onEnd: onEnd)
        one.isFirst = true
        for (end, partner) in [(one, other), (other, one)] {
            end.partner = partner
            end.stream = stream
        }
        one.catchUp()
        other.catchUp()
    }

    /// Ends the connection, and that of the partner, so that its other end sees an error.
    func reset() {
        guard !self.isReset else { return }
        self.isReset = true
        self.early = []
        self.lingering.reset()
        self.partner?.reset()
    }

    private func catchUp() {
        for buffer in self.early {
            self.pass(buffer)
        }
        self.early = []
        self.partner?.context?.flush()
        if self.inputHasEnded {
            self.partner?.endOutput()
        }
        self.resumeReading()
    }

    private func pass(_ buffer: ByteBuffer) {
        guard let stream = self.stream, let partner = self.partner else {
            if !self.isReset {
                self.early.append(buffer)
            }
            return
        }
        let count = UInt64(buffer.readableBytes)
        if self.isFirst {
            stream.counts.forth &+= count
        } else {
            stream.counts.back &+= count
        }
        partner.context?.write(self.wrapOutboundOut(buffer), promise: nil)
    }

    private var mayRead: Bool {
        if let partner = self.partner {
            partner.context?.channel.isWritable ?? true
        } else {
            self.early.isEmpty
        }
    }

    private func resumeReading() {
        guard self.readIsWanted, self.mayRead else { return }
        self.readIsWanted = false
        self.context?.read()
    }

    private func endOutput() {
        guard let context = self.context else { return }
        let closed = context.eventLoop.makePromise(of: Void.self)
        closed.futureResult.assumeIsolated().whenSuccess { self.outputHasEnded = true }
        context.close(mode: .output, promise: closed)
    }

    // MARK: - ChannelHandler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        guard let stream = self.stream else { return }
        self.stream = nil
        self.partner = nil
        self.isReset = true
        stream.openEnds -= 1
        if stream.openEnds == 0 {
            stream.onEnd(stream.counts)
        }
    }

    func read(context: ChannelHandlerContext) {
        if self.mayRead {
            context.read()
        } else {
            self.readIsWanted = true
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.pass(self.unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.partner?.context?.flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.partner?.resumeReading()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event, !self.inputHasEnded else { return }
        self.inputHasEnded = true
        self.partner?.endOutput()
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard !self.isReset, let partner = self.partner else { return }
        // A socket whose output was shut down closes at the end of its input, without a word; a broken one tells before.
        if self.outputHasEnded {
            if !self.inputHasEnded {
                self.inputHasEnded = true
                partner.endOutput()
            }
        } else {
            partner.reset()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !(self.inputHasEnded && self.outputHasEnded) else { return }
        self.reset()
    }
}
