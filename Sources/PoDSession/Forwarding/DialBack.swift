package import NIOCore
package import PoDCore
package import PoDTickets

/// What a worker does when its master asks for a stream: it dials its own daemon, and the master, and joins the two.
///
/// Where to dial is fixed by the worker. A master can't send it anywhere.
package struct DialBack: Sendable {
    private let group: any EventLoopGroup
    private let master: Address
    private let tls: ChannelTLS
    private let key: KeyThumbprint
    private let daemon: Address

    /// - Parameters:
    ///   - tls: Of the worker's own key, the one of its control connection.
    ///   - key: The master's.
    ///   - daemon: The worker's daemon, by a loopback address.
    /// - Throws: ``SessionError`` when `daemon` is on another host.
    package init(
        master: Address, tls: ChannelTLS, pinning key: KeyThumbprint, daemon: Address, group: any EventLoopGroup
    ) throws(SessionError) {
        guard daemon.isLoopback else {
            throw SessionError(
                .configuration, "streams go to a worker's own daemon, on a loopback address, not to \(daemon)")
        }
        self.master = master
        self.tls = tls
        self.key = key
        self.daemon = daemon
        self.group = group
    }

    /// Makes one stream.
    ///
    /// - Returns: When the stream is there; it goes on by itself.
    /// - Throws: ``SessionError`` when the daemon or the master can't be reached: the master should be told.
    package func dial(_ secret: StreamSecret) async throws(SessionError) {
        let eventLoop = self.group.next()
        let daemon: any Channel
        do {
            // First the daemon: without it there is nothing to show to the master.
            daemon = try await StreamChannel.dial(self.daemon, on: eventLoop).get()
        } catch {
            throw SessionError(.unavailable, "no stream: the daemon at \(self.daemon) can't be reached: \(error)")
        }
        do {
            try await StreamChannel.dial(
                master: self.master, tls: self.tls, pinning: self.key, line: .stream(secret), on: eventLoop
            ).map { master in
                StreamChannel.join(master, daemon)
            }.get()
        } catch {
            eventLoop.execute { StreamChannel.reset(daemon) }
            throw SessionError(.unavailable, "no stream: the master at \(self.master) can't be reached: \(error)")
        }
    }
}
