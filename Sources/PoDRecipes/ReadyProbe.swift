/// How to know that a daemon is ready.
public enum ReadyProbe: Hashable, Sendable {
    /// As soon as it runs.
    case started
    /// When a line of its output holds this text.
    case line(containing: String)
    /// When it answers an XRootD handshake as one of these on a port of 127.0.0.1.
    case handshake(port: UInt16, as: [XRootDService])

    /// Asks a daemon that is asked over the network, again and again, until it answers or the task is cancelled.
    ///
    /// For the other kinds it returns at once: whoever runs the daemon sees them.
    public func waitForAnswer() async throws {
        guard case .handshake(let port, let services) = self else { return }
        while true {
            for service in services where try await XRootDConnection.answers(port: port, as: service) {
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
