package import PoDCore

/// Which workers are reached by way of their master, as the session's user wants it.
public enum ForwardingMode: String, CaseIterable, Hashable, Sendable {
    case always, never
    /// Those that can't be reached otherwise.
    case auto
}

/// How a worker's daemon is to be reached, as far as that can be said without a trial. No I/O.
///
/// - Daemons that authenticate their peers may be reached from anywhere, so that it only matters whether they can be.
/// - Others listen on loopback, for nobody but their own user: they are reached directly on the master's own machine, and
///   forwarded from everywhere else.
package struct ForwardingRule: Hashable, Sendable {
    private let mode: ForwardingMode
    private let authenticatesPeers: Bool

    package enum Way: Hashable, Sendable {
        case direct
        case forwarded
        /// Directly, if whoever answers there is the worker.
        case directIfMet(Address)
    }

    package init(_ mode: ForwardingMode, authenticatesPeers: Bool) {
        self.mode = mode
        self.authenticatesPeers = authenticatesPeers
    }

    /// - Parameters:
    ///   - reach: Where the worker says that it listens; `nil` when it does not.
    ///   - source: Where its connection comes from; `nil` when that is not known.
    package func way(to reach: Claim.Reach?, from source: Address?) -> Way {
        switch self.mode {
        case .always: return .forwarded
        case .never: return .direct
        case .auto:
            guard let reach, let source, self.authenticatesPeers || source.isLoopback,
                let address = try? Address(host: source.host, port: Int(reach.port))
            else { return .forwarded }
            return .directIfMet(address)
        }
    }
}
