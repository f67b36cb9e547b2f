import PoDCore

/// A ticket as it is handed round: alone, signed by a trusted key, or a session's with the user's that signed it,
/// `session~user`.
///
/// The first is the one that counts; each is signed by the holder of the next, the last by a trusted key. Longer chains
/// there are none. What is here was read, not verified: that is ``TicketVerifier``'s.
public struct TicketChain: Hashable, Sendable, CustomStringConvertible {
    /// The longest text of a chain, in bytes: twice the longest ticket and the mark between.
    public static let largestText = 2 * 1024 + 1

    /// What the first ticket says: the one that its holder acts by.
    public let ticket: Ticket
    /// What the ticket says whose holder signed ``ticket``; `nil` where a trusted key did.
    public let signingTicket: Ticket?
    /// The compact form.
    public let description: String

    let link: CompactJWS
    let signingLink: CompactJWS?

    // MARK: - Reading

    public init(parsing text: String) throws(TicketError) {
        let links = try text.utf8.span.bytes.withUnsafeBytes { (bytes) throws(TicketError) in
            try Self.links(in: bytes)
        }
        self.link = links.first
        self.ticket = try Ticket(payload: links.first.payload)
        self.signingLink = links.second
        self.signingTicket = try links.second.map { (link) throws(TicketError) in try Ticket(payload: link.payload) }
        self.description = text
    }

    private static func links(
        in text: UnsafeRawBufferPointer
    ) throws(TicketError) -> (first: CompactJWS, second: CompactJWS?) {
        guard text.count <= Self.largestText else {
            throw TicketError(.tooLong, "ticket: expected at most \(Self.largestText) bytes, found \(text.count)")
        }
        var (mark, markCount) = (text.count, 0)
        for index in text.indices where text[index] == UInt8(ascii: "~") {
            mark = index
            markCount &+= 1
        }
        guard markCount <= 1 else {
            throw TicketError(.widened, "ticket: expected a chain of at most 2, found \(markCount &+ 1)")
        }
        let first = try CompactJWS(parsing: text.part(from: 0, count: mark), as: .ticket)
        guard markCount == 1 else {
            return (first, nil)
        }
        return (first, try CompactJWS(parsing: text.part(from: mark &+ 1, count: text.count), as: .ticket))
    }

    // MARK: - Making

    /// Issues a ticket.
    ///
    /// - Parameters:
    ///   - key: A trusted key, or that of the signing ticket's holder.
    ///   - signingTicket: The user's ticket, for a session's.
    /// - Throws: ``TicketError`` where the key is not the signing ticket's, or the ticket would give more than that one
    ///   does: nobody would believe it.
    public init(
        issuing ticket: Ticket, with key: SigningKey, signingTicket: TicketChain? = nil
    ) throws(TicketError) {
        if let signingTicket {
            guard signingTicket.signingLink == nil else {
                throw TicketError(.widened, "ticket: expected a chain of at most 2, found 3")
            }
            guard signingTicket.ticket.holder == key.publicKey else {
                throw TicketError(.wrongKey, "signing key: expected that of the signing ticket's holder")
            }
        }
        self.ticket = ticket
        self.signingTicket = signingTicket?.ticket
        let link = try CompactJWS(signing: ticket.json, as: .ticket, with: key)
        self.link = link
        self.signingLink = signingTicket?.link
        self.description = signingTicket.map { "\(link.text)~\($0)" } ?? link.text
        try self.checkNarrowing()
    }

    // MARK: - The rule of chains

    /// - Throws: ``TicketError`` with ``TicketError/Code/widened`` unless the ticket is the session's, signed by a
    ///   user, and gives no more workers and no more time than the user's.
    func checkNarrowing() throws(TicketError) {
        guard let signingTicket else { return }
        guard signingTicket.role == .user else {
            throw Self.widened("signed by a \(signingTicket.role.rawValue), who may sign none")
        }
        guard self.ticket.role == .master else {
            throw Self.widened(
                "a user may sign tickets for masters only, and this is for a \(self.ticket.role.rawValue)")
        }
        guard self.ticket.notBefore >= signingTicket.notBefore, self.ticket.expires <= signingTicket.expires else {
            throw Self.widened("valid for longer than the one that signed it")
        }
        if let most = signingTicket.workers {
            guard let workers = self.ticket.workers, workers <= most else {
                let workers = self.ticket.workers.map(String.init) ?? "any number of"
                throw Self.widened("for \(workers) workers, and the one that signed it for \(most)")
            }
        }
    }

    private static func widened(_ problem: String) -> TicketError {
        TicketError(.widened, "ticket: \(problem)")
    }
}
