package import Logging
package import NIOCore
import NIOSSL
import PoDCore
package import PoDTickets
import Synchronization

/// What a master's control port does with each connection: TLS, then by its first line a control connection, a worker
/// that dials back, or the owner who asks the master or wants the head daemon.
package struct ControlPort: Sendable {
    /// Who talks to the master, line by line.
    package enum Speaker: Hashable, Sendable {
        /// A worker, by the key that it has shown to be its own.
        case worker(KeyThumbprint)
        /// The session's owner.
        case owner
    }

    /// Why a connection is refused.
    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        case notOwner
        case tooMany

        package var description: String {
            switch self {
            case .notOwner: "only the session's owner may ask the master or connect to the head daemon"
            case .tooMany: "too many connections of which it is not known whose they are"
            }
        }
    }

    private let session: KeyThumbprint
    private let tls: ChannelTLS
    private let streams: ForwardedStreams
    private let head: HeadConnection
    private let newcomers: Newcomers
    private let deadline: Duration
    private let log: Logger

    /// - Parameters:
    ///   - session: The session's own key: whoever has it is the owner.
    ///   - tls: Of the role ``ChannelTLS/Role/master``.
    ///   - newcomers: Let in who may go on.
    ///   - deadline: From when a connection may go on to the end of its first line.
    package init(
        session: KeyThumbprint, tls: ChannelTLS, streams: ForwardedStreams, head: HeadConnection,
        newcomers: Newcomers, deadline: Duration = .seconds(10), log: Logger
    ) {
        self.session = session
        self.tls = tls
        self.streams = streams
        self.head = head
        self.newcomers = newcomers
        self.deadline = deadline
        self.log = log
    }

    /// Sets up a connection. Called in the initializer of the accepted channel. Nothing is read of it before its turn.
    ///
    /// - Parameter conversation: Adds the handlers of a connection that talks line by line, and says what becomes of it.
    ///   They read all from the first line on. A worker is a newcomer until it has a lease.
    /// - Returns: What `conversation` says; `nil` when the connection is a stream, which needs nothing more. Fails for a
    ///   connection that is refused, which is closed by then.
    package func open<Conversation: Sendable>(
        _ channel: any Channel,
        conversation: @escaping @Sendable (any Channel, Speaker, Newcomers.Newcomer) throws -> Conversation
    ) throws -> EventLoopFuture<Conversation?> {
        let promise = channel.eventLoop.makePromise(of: Conversation?.self)
        let close: @Sendable (any Error) -> Void = { reason in
            self.log.debug("A connection was refused: \(reason)")
            promise.fail(reason)
            channel.close(promise: nil)
        }
        let answer = self.newcomers.take(channel) { newcomer in
            do {
                try self.begin(channel, newcomer, promise, conversation)
                try channel.syncOptions?.setOption(.autoRead, value: true)
            } catch {
                close(error)
            }
        }
        // One that is closed while it waits has no turn any more.
        channel.closeFuture.whenComplete { _ in promise.fail(ChannelError.ioOnClosedChannel) }
        if answer != .goesOn {
            try channel.syncOptions?.setOption(.autoRead, value: false)
        }
        if answer == .refused {
            // Not in its initializer, where it is still being set up.
            channel.eventLoop.execute { close(Refusal.tooMany) }
        }
        return promise.futureResult
    }

    private func begin<Conversation: Sendable>(
        _ channel: any Channel, _ newcomer: Newcomers.Newcomer, _ promise: EventLoopPromise<Conversation?>,
        _ conversation: @escaping @Sendable (any Channel, Speaker, Newcomers.Newcomer) throws -> Conversation
    ) throws {
        let peer = PeerKey()
        let earlyEnd = EarlyEnd { peer.key != nil }
        let opening = ConnectionOpening(
            deadline: TimeAmount(self.deadline),
            // Who holds the session's key may say more at once.
            longest: { peer.key == self.session ? AdminRequest.longestLine - 1 : OpeningLine.longest },
            onHandshake: { earlyEnd.handshakeIsComplete() },
            onLine: { line, channel in
                guard let key = peer.key else {
                    throw ChannelError.operationUnsupported
                }
                if let speaker = try self.speaker(of: line, key) {
                    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
                    promise.succeed(try conversation(channel, speaker, newcomer))
                    if speaker == .owner { newcomer.isDone() }
                } else {
                    try self.openStream(line, channel, by: key)
                    newcomer.isDone()
                    promise.succeed(nil)
                }
            },
            onRefusal: { reason, channel in
                self.log.debug("A connection was refused: \(reason)")
                promise.fail(reason)
                Self.close(channel)
            })
        // From the beginning: a whole stream may come with the first line, and its end with it.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try channel.pipeline.syncOperations.addHandlers(
            earlyEnd, self.tls.masterHandler(onPeer: { key in peer.set(key) }), opening)
    }

    /// Who talks line by line on a connection that begins so; `nil` for a stream.
    private func speaker(of line: OpeningLine, _ key: KeyThumbprint) throws(Refusal) -> Speaker? {
        switch line {
        case .stream: return nil
        case .control: return .worker(key)
        case .connect, .request:
            guard key == self.session else { throw .notOwner }
            return line == .request ? .owner : nil
        }
    }

    private func openStream(_ line: OpeningLine, _ channel: any Channel, by key: KeyThumbprint) throws {
        try StreamChannel.tune(channel)
        _ = try SpliceEnd.add(to: channel)
        switch line {
        case .control, .request:
            break
        case .stream(let secret):
            try self.streams.answer(secret, by: key, with: channel)
        case .connect(let name):
            try self.head.join(channel, to: name)
        }
    }

    /// Without TLS's goodbye: nothing was said yet that it could end, and the other end might never answer it.
    private static func close(_ channel: any Channel) {
        if let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
            tls.close(promise: nil)
        } else {
            channel.close(promise: nil)
        }
    }

    private final class PeerKey: Sendable {
        private let state = Mutex<KeyThumbprint?>(nil)

        var key: KeyThumbprint? { self.state.withLock { $0 } }

        func set(_ key: KeyThumbprint) {
            self.state.withLock { $0 = key }
        }
    }
}
