import NIOCore
package import PoDCore
import Synchronization

/// The owner's connections to the head daemon: only to the ports that its recipe names, only on this host.
package final class HeadConnection: Sendable {
    /// Why the owner gets no connection to the head daemon.
    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        case unknownName(String)
        case tooMany(limit: Int)

        package var description: String {
            switch self {
            case .unknownName(let name): "the head daemon has no port named \(name.debugDescription)"
            case .tooMany(let limit): "the owner has \(limit) connections to the head daemon already"
            }
        }
    }

    private let address: @Sendable (String) -> Address?
    private let limit: Int
    private let open = Mutex(0)

    /// - Parameters:
    ///   - limit: How many connections at once.
    ///   - address: Where the head daemon listens, by the name that the owner asks for; `nil` for one that it doesn't
    ///     have, or not yet.
    package init(limit: Int = 256, address: @escaping @Sendable (String) -> Address?) {
        self.limit = limit
        self.address = address
    }

    /// How many connections there are.
    package var count: Int { self.open.withLock { $0 } }

    /// Dials the daemon and joins it with the owner's connection. Called on that one's event loop.
    func join(_ owner: any Channel, to name: String) throws(Refusal) {
        guard let address = self.address(name) else {
            throw .unknownName(name)
        }
        let mayOpen = self.open.withLock { open in
            guard open < self.limit else { return false }
            open += 1
            return true
        }
        guard mayOpen else {
            throw .tooMany(limit: self.limit)
        }
        StreamChannel.dial(address, on: owner.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let daemon):
                StreamChannel.join(owner, daemon) { _ in self.ended() }
            case .failure:
                StreamChannel.reset(owner)
                self.ended()
            }
        }
    }

    private func ended() {
        self.open.withLock { $0 -= 1 }
    }
}
