import PoDTickets

/// By what a worker proves that it may work: a key, and the ticket that was given to it.
public struct WorkerCredentials: Sendable {
    let key: SigningKey
    private let source: Source

    private enum Source: Sendable {
        case text(String)
        case file(String)
    }

    /// A site's, on a worker node.
    ///
    /// - Parameter ticketFile: Read at each claim, so that a ticket that was renewed is the one shown.
    /// - Throws: ``SessionError`` for files that can't be read, and for a key that others may read.
    public init(ticketFile: String, keyFile: String) throws(SessionError) {
        do throws(TicketError) {
            self.key = try SigningKeyFile.read(keyFile)
        } catch {
            throw SessionError(error.status, error.description)
        }
        _ = try RenewedFile.ticket(ticketFile)
        self.source = .file(ticketFile)
    }

    init(ticket: String, key: SigningKey) {
        self.key = key
        self.source = .text(ticket)
    }

    /// The ticket as it is now.
    func ticket() throws(SessionError) -> String {
        switch self.source {
        case .text(let text): text
        case .file(let path): try RenewedFile.ticket(path)
        }
    }
}
