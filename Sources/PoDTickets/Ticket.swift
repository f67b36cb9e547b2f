import PoDCore

/// What a ticket says: who may be what, with which key, for how long. Not yet whether that is true.
public struct Ticket: Hashable, Sendable {
    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// May sign the tickets of their own sessions' masters.
        case user
        /// May advertise a session and take workers for it.
        case master
        /// May work for a master.
        case worker
    }

    /// Who issued it, for people: trust follows keys. `iss`.
    public let issuer: String?
    /// The user, the session's random id, or the CE. `sub`.
    public let subject: String
    public let role: Role
    /// `nbf`
    public let notBefore: NumericDate
    /// `exp`; later than ``notBefore``.
    public let expires: NumericDate
    /// The most workers of one session, 1 to 1,000,000; `nil` for no limit of its own. `workers`.
    public let workers: Int?
    /// The key of the one it was given to: `cnf` (RFC 7800).
    public let holder: PublicKey

    static let mostWorkers = Int64(Advertisement.mostWanted)

    /// - Throws: ``TicketError`` with ``TicketError/Code/invalidValue`` for a value out of its range.
    public init(
        issuer: String? = nil, subject: String, role: Role, notBefore: NumericDate, expires: NumericDate,
        workers: Int? = nil, holder: PublicKey
    ) throws(TicketError) {
        if let issuer, !TicketName.isValid(issuer) {
            throw Self.invalid("issuer", issuer, expected: TicketName.expectation)
        }
        guard TicketName.isValid(subject) else {
            throw Self.invalid("subject", subject, expected: TicketName.expectation)
        }
        guard notBefore < expires else {
            throw TicketError(.invalidValue, "ticket: expected it to expire after it begins")
        }
        if let workers, workers < 1 || workers > Advertisement.mostWanted {
            throw Self.invalid("workers", String(workers), expected: "a number from 1 to \(Self.mostWorkers)")
        }
        self.issuer = issuer
        self.subject = subject
        self.role = role
        self.notBefore = notBefore
        self.expires = expires
        self.workers = workers
        self.holder = holder
    }

    private static func invalid(_ name: String, _ found: String, expected: String) -> TicketError {
        TicketError(.invalidValue, ValueError(name, found: found, expected: expected).description)
    }

    /// - Throws: ``TicketError`` unless it has begun and not expired, give or take ``NumericDate/leeway`` seconds.
    func check(at now: NumericDate) throws(TicketError) {
        guard now.advanced(bySeconds: NumericDate.leeway) >= self.notBefore else {
            throw TicketError(
                .notYetValid, "ticket of \(self.subject): begins in \(self.notBefore.seconds(since: now)) s")
        }
        // RFC 7519: the time "on or after which" it must not be accepted.
        guard now < self.expires.advanced(bySeconds: NumericDate.leeway) else {
            throw TicketError(
                .expired, "ticket of \(self.subject): expired \(now.seconds(since: self.expires)) s ago")
        }
    }
}
