import Glibc

/// Sends messages to MonALISA services over UDP.
///
/// It works on after a fork in both processes: each then has sockets, an instance id and sequence numbers of its own.
public final class ApMonSender {
    /// What became of one message.
    public struct Outcome: Sendable {
        /// Datagrams that were handed to the system.
        public internal(set) var datagrams = 0
        /// Destinations that the rate limit kept it from.
        public internal(set) var heldBack = 0
        /// Destinations where an earlier message met a port at which nobody listens. This one went out nonetheless.
        public internal(set) var refused: [String] = []
        /// One line for each destination that it could not be sent to.
        public internal(set) var failures: [String] = []
    }

    /// How often ApMon's Perl module sends at most, in messages a second to each destination.
    public static let defaultRate = 20
    /// The version in the header; receivers read instance id and sequence number from 2.2 on.
    static let version = "2.2.1_swift"

    private var outlets: [ApMonOutlet] = []
    private let rate: Int?
    private var forks = ForkCount.current

    /// - Parameter rate: Messages a second to each destination; `nil` for no limit.
    public init(destinations: [ApMonDestination], rate: Int? = ApMonSender.defaultRate) {
        self.rate = rate
        let instanceID = Self.newInstanceID()
        for destination in destinations where !self.outlets.contains(where: { $0.destination == destination }) {
            self.outlets.append(ApMonOutlet(destination: destination, instanceID: instanceID, rate: rate))
        }
    }

    deinit {
        for index in self.outlets.indices {
            self.outlets[index].disconnect()
        }
    }

    public var destinations: [ApMonDestination] { self.outlets.map(\.destination) }

    /// Resolves the names of destinations that have not been resolved. This may block as long as the resolver does.
    ///
    /// - Parameter now: Time since an arbitrary start, of a monotonic clock.
    /// - Returns: One line for each destination that has no address.
    public func resolve(at now: Duration) -> [String] {
        self.outlets.indices.compactMap { self.outlets[$0].resolve(at: now) }
    }

    /// Sends a message to every destination.
    public func send(_ message: borrowing ApMonMessage, at now: Duration) -> Outcome {
        self.renewAfterFork()
        var outcome = Outcome()
        for index in self.outlets.indices {
            self.outlets[index].send(message, at: now, outcome: &outcome)
        }
        return outcome
    }

    private func renewAfterFork() {
        let current = ForkCount.current
        guard current != self.forks else { return }
        self.forks = current
        let instanceID = Self.newInstanceID()
        for index in self.outlets.indices {
            self.outlets[index].renew(instanceID: instanceID)
        }
    }

    /// The process in the upper half, chance in the lower, so that two hosts hardly ever share one.
    private static func newInstanceID() -> Int32 {
        Int32(bitPattern: UInt32(bitPattern: getpid()) << 16 | UInt32.random(in: 0...0xFFFF))
    }
}
