package import NIOCore
package import PoDCore
package import PoDTickets

/// A port of the master's host that stands for the daemon of a worker that can't be reached.
///
/// Each connection there asks the worker to dial back, and becomes a stream with what it dials.
package final class ForwardedPort: Sendable {
    /// Where others connect in the daemon's stead.
    package let address: Address
    private let listener: LocalListener

    /// - Parameters:
    ///   - host: 127.0.0.1, or an outer address of this host where the recipe authenticates its peers.
    ///   - port: 0 for any free one.
    ///   - authenticatesPeers: Whether the recipe does. If not, connections of other users are closed, and so are all that
    ///     don't come from this host.
    ///   - worker: The key of the lease's worker.
    ///   - requestDial: Sends the secret to the worker. Called on an event loop.
    /// - Throws: ``SessionError`` when nobody can listen there.
    package init(
        for lease: LeaseID, of worker: KeyThumbprint, host: String = "127.0.0.1", port: UInt16 = 0,
        authenticatesPeers: Bool = false,
        streams: ForwardedStreams, group: any EventLoopGroup,
        requestDial: @escaping @Sendable (StreamSecret) -> Void
    ) async throws(SessionError) {
        self.listener = try await LocalListener(
            host: host, port: Int(port), ownUserOnly: !authenticatesPeers, group: group
        ) { socket, eventLoop in
            // One too many is closed: the socket goes when nobody holds it.
            guard let secret = try? streams.wait(socket, for: lease, worker: worker, on: eventLoop) else { return }
            requestDial(secret)
        }
        self.address = self.listener.address
    }

    /// Takes no more connections. The lease's streams end with ``ForwardedStreams/leaseEnded(_:)``.
    package func close() {
        self.listener.close()
    }
}
