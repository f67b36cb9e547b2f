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
            self.log(envelope, "dropped: too many from one source")
            return
        }
        switch self.intake.take(Array(envelope.data.readableBytesView), now: self.clock()) {
        case .taken(_, refused: 0), .flooded: break
        case .taken(_, let refused): self.log(envelope, "taken but for \(refused) values: the cache is full")
        case .malformed(let error): self.log(envelope, "refused: \(error)")
        case .wrongPassword: self.log(envelope, "refused: wrong password")
        case .unnamed: self.log(envelope, "ignored: it names no series")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A receiver sends nothing, so an error concerns one datagram; the channel closes itself where it must.
        self.logger.debug("UDP socket: \(error)")
    }

    private func log(_ envelope: InboundIn, _ outcome: String) {
        // At debug only: a stranger could fill a disk with these.
        let address = envelope.remoteAddress
        let source = "\(address.ipAddress ?? "unknown") port \(address.port ?? 0)"
        self.logger.debug("datagram of \(envelope.data.readableBytes) bytes from \(source) \(outcome)")
    }
}
