public import PoDCore

/// An advertisement as a repository shows it: read and well formed, and anybody may have written it.
///
/// A watcher reads all, makes its draw with ``content``, and has a ``TicketVerifier`` check those it is left with.
public struct UnverifiedAdvertisement: Hashable, Sendable {
    public let content: AdvertisementContent
    public let ticket: String
    let proof: CompactJWS

    /// Reads the parameters of one node. No signature is looked at.
    ///
    /// - Parameters:
    ///   - node: The node of the row; the proof has to be this master's.
    ///   - ticket: The value of `Ticket`; `nil` or empty where the row has none.
    ///   - proof: The value of `Proof`; `nil` or empty where the row has none.
    ///   - now: The repository's time, its `Date`; the proof's `iat` may differ by ``NumericDate/leeway`` seconds.
    public init(
        node: MasterJobID, ticket: String?, proof: String?, at now: NumericDate
    ) throws(TicketError) {
        guard let ticket, let proof, !ticket.isEmpty, !proof.isEmpty else {
            throw TicketError(.unsigned, "master \(node): expected an advertisement with Ticket and Proof")
        }
        let size = ticket.utf8.count &+ proof.utf8.count
        guard size <= Advertisement.largestDatagram else {
            throw TicketError(
                .tooLong,
                "master \(node): Ticket and Proof: expected at most \(Advertisement.largestDatagram) bytes, found \(size)"
            )
        }
        self.ticket = ticket
        self.proof = try proof.utf8.span.bytes.withUnsafeBytes { (bytes) throws(TicketError) in
            try CompactJWS(parsing: bytes, as: .advertisement)
        }
        self.content = try AdvertisementContent(payload: self.proof.payload)
        guard self.content.masterJobID == node else {
            throw TicketError(.wrongMaster, "master \(node): proof: sub: found \(self.content.masterJobID)")
        }
        guard self.content.issuedAt.isNear(now) else {
            throw TicketError(
                .stale,
                "master \(node): proof: iat: expected at most \(NumericDate.leeway) s from the repository's time, "
                    + "found \(self.content.issuedAt.seconds(since: now)) s")
        }
    }

    /// The holder of the ticket, who should have signed; `nil` for what is no ticket.
    public var holder: PublicKey? { (try? TicketChain(parsing: self.ticket))?.ticket.holder }

    /// What the choice between masters needs. The ticket is a part of it: with one of their own nobody can stand in
    /// the way of another's master.
    public var candidate: MasterSelection.Candidate {
        var hasher = Hasher()
        hasher.combine(self.ticket)
        return MasterSelection.Candidate(
            masterJobID: self.content.masterJobID, order: self.content.order, wanted: self.content.wanted,
            share: self.content.share, ticket: UInt64(truncatingIfNeeded: hasher.finalize()))
    }
}
