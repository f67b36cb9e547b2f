public import PoDCore

/// An advertisement that the holder of a good master's ticket has signed, with every value from what was signed.
public struct VerifiedAdvertisement: Hashable, Sendable {
    public let content: AdvertisementContent
    public let ticket: VerifiedTicket

    init(content: AdvertisementContent, ticket: VerifiedTicket) {
        self.content = content
        self.ticket = ticket
    }

    /// The session's key: what the master's certificate has to be on.
    public var sessionKey: PublicKey { self.ticket.ticket.holder }

    /// Checks one advertisement alone. Whoever checks many keeps a ``TicketVerifier``.
    ///
    /// - Parameters:
    ///   - node: The node of the row.
    ///   - ticket: The value of `Ticket`, where there is one.
    ///   - proof: The value of `Proof`, where there is one.
    ///   - now: The repository's time.
    public init(
        verifying node: MasterJobID, ticket: String?, proof: String?, trustedKeys: TrustedKeys,
        revoked: RevokedKeys = .none, at now: NumericDate
    ) throws(TicketError) {
        var verifier = TicketVerifier(trustedKeys: trustedKeys, revoked: revoked)
        let unverified = try UnverifiedAdvertisement(node: node, ticket: ticket, proof: proof, at: now)
        self = try verifier.verify(unverified, at: now)
    }
}
