package import NIOCore
package import PoDCore
package import PoDTickets

/// The ports of the user's machine that lead to the head daemon, for `alien-pod connect`.
///
/// Each connection of the user's own processes becomes a connection to the master's control port.
package final class UserPorts: Sendable {
    /// Where each of the head daemon's ports is found on this machine.
    package let addresses: [String: Address]
    private let listeners: [LocalListener]

    /// - Parameters:
    ///   - names: The head daemon's ports, as the master knows them.
    ///   - tls: Of the session's own key.
    ///   - key: The master's: the same.
    ///   - onError: Called on an event loop when the master can't be reached for a connection.
    /// - Throws: ``SessionError`` when there are no ports.
    package init(
        to names: [String], master: Address, tls: ChannelTLS, pinning key: KeyThumbprint, group: any EventLoopGroup,
        onError: @escaping @Sendable (any Error) -> Void = { _ in }
    ) async throws(SessionError) {
        var addresses: [String: Address] = [:]
        var listeners: [LocalListener] = []
        for name in names {
            let listener: LocalListener
            do {
                listener = try await LocalListener(
                    host: "127.0.0.1", port: 0, ownUserOnly: true, group: group
                ) { socket, eventLoop in
                    StreamChannel.dial(
                        master: master, tls: tls, pinning: key, line: .connect(to: name), on: eventLoop
                    ).flatMap { master in
                        socket.adopt(on: eventLoop).map { user in
                            StreamChannel.join(user, master)
                        }.flatMapErrorThrowing { error in
                            StreamChannel.reset(master)
                            throw error
                        }
                    }.whenFailure { error in
                        socket.close()
                        onError(error)
                    }
                }
            } catch {
                for listener in listeners {
                    listener.close()
                }
                throw error
            }
            addresses[name] = listener.address
            listeners.append(listener)
        }
        self.addresses = addresses
        self.listeners = listeners
    }

    /// Takes no more connections. Those that are open stay.
    package func close() {
        for listener in self.listeners {
            listener.close()
        }
    }
}
