import NIOCore
import NIOPosix
import PoDCore
import PoDRecipes
import PoDTickets

/// The port of a master's range that stands for the daemon of one lease's worker.
struct LeasePort: Sendable {
    private let port: ForwardedPort
    /// Kept for the port as long as this value lives.
    private let reservation: PortReservation

    var contact: Address { self.port.address }

    /// - Parameters:
    ///   - kept: The port that it had before the master was started again, and must have again; `nil` for any.
    ///   - requestDial: As ``ForwardedPort``'s.
    /// - Throws: ``RecipeError`` or ``SessionError`` when there is no port to be had.
    init(
        for lease: LeaseID, of worker: KeyThumbprint, kept: UInt16?, _ place: Place,
        requestDial: @escaping @Sendable (StreamSecret) -> Void
    ) async throws {
        self.reservation = try PortReservation(from: kept.map { $0...$0 } ?? place.ports)
        self.port = try await ForwardedPort(
            for: lease, of: worker, host: place.host, port: self.reservation.port,
            authenticatesPeers: place.authenticatesPeers, streams: place.streams,
            group: MultiThreadedEventLoopGroup.singleton, requestDial: requestDial)
    }

    /// Takes no more connections.
    func close() {
        self.port.close()
    }

    /// Where a master's forwarded ports are.
    struct Place: Sendable {
        /// The head daemon's: who reaches that reaches these.
        let host: String
        let ports: ClosedRange<UInt16>
        let authenticatesPeers: Bool
        let streams: ForwardedStreams
    }
}
