internal import Logging
internal import NIOCore

/// Reads the datagrams of the UDP socket: hands them to the intake and logs what it refuses.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private var intake: DatagramIntake
    private let clock: @Sendable () -> Int64
    private let logger: Logger

    init(intake: DatagramIntake, clock: @escaping @Sendable () -> Int64, logger: Logger) {
        self.intake = intake
        self.clock = clock
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        let second = Int64(clamping: NIODeadline.now().uptimeNanoseconds / 1_000_000_000)
        let source = envelope.remoteAddress.ipAddress ?? ""
        guard self.intake.admits(source, at: second, random: { Double.random(in: 0..<1) }) else {
            self.logger.debug("datagram dropped: too many from one source", metadata: self.metadata(envelope))
            return
        }
        switch self.intake.take(Array(envelope.data.readableBytesView), now: self.clock()) {
        case .taken(_, refused: 0), .flooded:
            break
        case .taken(_, let refused):
            self.logger.debug("\(refused) values refused: the cache is full", metadata: self.metadata(envelope))
        case .malformed(let error):
            self.logger.debug("datagram refused: \(error)", metadata: self.metadata(envelope))
        case .wrongPassword:
            self.logger.debug("datagram refused: wrong password", metadata: self.metadata(envelope))
        case .unnamed:
            self.logger.debug("datagram ignored: it names no series", metadata: self.metadata(envelope))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A receiver sends nothing, so an error concerns one datagram; the channel closes itself where it must.
        self.logger.debug("UDP socket: \(error)")
    }

    private func metadata(_ envelope: InboundIn) -> Logger.Metadata {
        ["source": "\(envelope.remoteAddress)", "bytes": "\(envelope.data.readableBytes)"]
    }
}
