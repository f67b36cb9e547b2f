import PoDCore
public import PoDTickets

/// What makes a master's advertisements more than a claim: the ticket of its session, and the key that it was given to.
public struct SessionTicket: Sendable {
    public let chain: TicketChain
    private let key: SigningKey

    /// - Parameter text: In its compact form.
    /// - Throws: ``SessionError`` where nobody would believe this master for it.
    public init(_ text: String, key: SigningKey) throws(SessionError) {
        let chain: TicketChain
        do throws(TicketError) {
            chain = try TicketChain(parsing: text)
        } catch {
            throw SessionError(error.status, error.description)
        }
        guard chain.ticket.role == .master else {
            throw SessionError(
                .noPermission, "ticket: expected one for a master, found one for a \(chain.ticket.role.rawValue)")
        }
        guard chain.ticket.holder == key.publicKey else {
            throw SessionError(.noPermission, "ticket: expected one that was given to the session's key")
        }
        self.chain = chain
        self.key = key
    }

    /// Another ticket for the same key.
    func renewed(_ text: String) throws(SessionError) -> SessionTicket {
        try SessionTicket(text, key: self.key)
    }

    /// The most workers that the session may have; `nil` where the ticket has no limit.
    public var mostWorkers: Int? { self.chain.ticket.workers }

    /// Whether its time is over. Watchers believe it a little longer, for their clocks may be behind.
    func hasExpired(at date: NumericDate) -> Bool {
        date >= min(self.chain.ticket.expires, self.chain.signingTicket?.expires ?? self.chain.ticket.expires)
    }

    /// The parameters of the datagram that says this.
    func parameters(_ content: AdvertisementContent) throws(TicketError) -> [Advertisement.Parameter] {
        try SignedAdvertisement(signing: content, ticket: self.chain, key: self.key).parameters
    }
}
