import PoDCore
import PoDTickets

/// A ticket as JSON for people and programs: what it says, and whether to believe it.
struct TicketReport {
    /// Why it isn't valid.
    let problem: TicketError?
    private let chain: TicketChain?
    private let trustedKey: PublicKey?

    /// Reads and checks a ticket for the role it is made out for.
    init(_ text: String, trustedKeys: TrustedKeys, at now: NumericDate) {
        do throws(TicketError) {
            let chain = try TicketChain(parsing: text)
            self.chain = chain
            do throws(TicketError) {
                var verifier = TicketVerifier(trustedKeys: trustedKeys)
                self.trustedKey = try verifier.verify(text, as: chain.ticket.role, at: now).trustedKey
                self.problem = nil
            } catch {
                self.trustedKey = nil
                self.problem = error
            }
        } catch {
            self.chain = nil
            self.trustedKey = nil
            self.problem = error
        }
    }

    /// `{"valid":…,"problem":…,"trustedKey":…,"tickets":[…]}`, with the ticket that counts first; to its claims the
    /// thumbprint of its holder's key is added, by which it can be revoked.
    var document: JSONValue {
        let tickets = [self.chain?.ticket, self.chain?.signingTicket].compactMap { $0 }
        return .object([
            .init(name: "valid", value: .bool(self.problem == nil)),
            .init(name: "problem", value: self.problem.map { .string($0.description) } ?? .null),
            .init(name: "trustedKey", value: self.trustedKey.map { .string($0.description) } ?? .null),
            .init(name: "tickets", value: .array(tickets.map(Self.json))),
        ])
    }

    private static func json(_ ticket: Ticket) -> JSONValue {
        .object(
            (ticket.json.members ?? []) + [
                .init(name: "thumbprint", value: .string(ticket.holder.thumbprint.description))
            ])
    }
}
