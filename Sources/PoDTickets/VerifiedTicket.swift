/// A ticket that a ``TicketVerifier`` believes, at the time for which it was asked.
public struct VerifiedTicket: Hashable, Sendable {
    public let chain: TicketChain
    /// The trusted key that signed the last ticket of the chain.
    public let trustedKey: PublicKey

    init(chain: TicketChain, trustedKey: PublicKey) {
        self.chain = chain
        self.trustedKey = trustedKey
    }

    /// What it says. Nothing in it exceeds what the chain allows.
    public var ticket: Ticket { self.chain.ticket }

    /// Whose session it is: the user of the signing ticket, or the subject where a trusted key signed directly.
    public var owner: String { self.chain.signingTicket?.subject ?? self.chain.ticket.subject }
}
