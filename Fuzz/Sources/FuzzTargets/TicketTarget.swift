import PoDCore
@testable import PoDTickets

extension FuzzTarget {
    /// The text as it came: nobody can sign but with the keys.
    static let ticket = FuzzTarget(name: "ticket", about: "tickets as they are handed round") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        let chain = try TicketChain(parsing: text)
        Promise.areEqual(text, chain.description, "a ticket")
        Promise.isPlain(text, "a ticket")
        let keys = FuzzKeys.shared
        var verifier = keys.verifier
        for role in Ticket.Role.allCases where (try? verifier.verify(text, as: role, at: FuzzKeys.now)) != nil {
            Promise.holds(
                [keys.userTicket.description, keys.sessionTicket.description].contains(text),
                "what is believed was signed")
        }
    }

    /// The header, a newline and the payload, signed by the trusted key.
    static let ticketPayload = FuzzTarget(name: "ticket-payload", about: "what a signed ticket says") { bytes in
        var input = InputText(bytes)
        let header = Array(input.line().utf8)
        let text = try FuzzKeys.sign(header: header, payload: input.bytes, with: FuzzKeys.shared.trusted)
        let chain = try TicketChain(parsing: text)
        let ticket = chain.ticket
        for name in [ticket.subject, ticket.issuer ?? ""] {
            Promise.isPlain(name, "a name")
        }
        Promise.areEqual(ticket, try? Ticket(payload: Array(ticket.json.text.utf8)), "a ticket")
        var verifier = FuzzKeys.shared.verifier
        let verified = try verifier.verify(text, as: ticket.role, at: FuzzKeys.now)
        let now = FuzzKeys.now.secondsSince1970
        Promise.holds(
            ticket.notBefore.secondsSince1970 <= now + NumericDate.leeway
                && ticket.expires.secondsSince1970 > now - NumericDate.leeway, "a ticket is believed in its time only")
        Promise.areEqual(verified, try? verifier.verify(text, as: ticket.role, at: FuzzKeys.now), "a known ticket")
        for role in Ticket.Role.allCases where role != ticket.role {
            Promise.holds(
                (try? verifier.verify(text, as: role, at: FuzzKeys.now)) == nil, "a ticket is for its role only")
        }
        // A session's ticket that it may have signed, where its holder is the user of the keys.
        let session = FuzzKeys.shared.sessionTicket.link.text
        if let longer = try? verifier.verify("\(session)~\(text)", as: .master, at: FuzzKeys.now).ticket {
            Promise.holds(
                ticket.role == .user && longer.expires <= ticket.expires
                    && longer.workers ?? .max <= ticket.workers ?? .max, "a chain only narrows")
        }
    }
}
