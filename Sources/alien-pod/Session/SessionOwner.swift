import Foundation
import PoDCore
import PoDTickets

/// The user whose sessions these are, as the VO knows them: a key, and the user's ticket for it, which sign the tickets of
/// their sessions.
struct SessionOwner {
    private let key: SigningKey
    private let ticket: TicketChain

    /// What a job may wait for its start, in seconds.
    private static let longestWait: Int64 = 86400

    /// - Parameters:
    ///   - keyFile: Readable by nobody else.
    ///   - ticket: The ticket itself, or a file with it.
    init(keyFile: String, ticket: String) throws(TicketError) {
        self.key = try SigningKeyFile.read(keyFile)
        self.ticket = try TicketChain(parsing: TicketText.read(ticket))
        guard self.ticket.ticket.role == .user else {
            throw TicketError(
                .wrongRole,
                "user's ticket: expected one for a user, found one for a \(self.ticket.ticket.role.rawValue)")
        }
    }

    /// The ticket of a new session.
    ///
    /// - Parameters:
    ///   - holder: The session's key.
    ///   - lifetime: Of its master, in seconds.
    func ticket(for holder: PublicKey, lifetime: Int) throws(TicketError) -> TicketChain {
        let user = self.ticket.ticket
        let now = NumericDate(secondsSince1970: Int64(Date().timeIntervalSince1970))
        let session = try Ticket(
            subject: UUID().uuidString.lowercased(), role: .master, notBefore: max(now, user.notBefore),
            expires: min(now.advanced(bySeconds: Int64(lifetime) + Self.longestWait), user.expires),
            workers: user.workers, holder: holder)
        return try TicketChain(issuing: session, with: self.key, signingTicket: self.ticket)
    }
}
