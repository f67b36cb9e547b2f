package import PoDCore
package import PoDTickets

/// Who may take a slot of a master's: who has a worker's ticket for the key of its certificate, signed by a site that the
/// master trusts or by the session's own key.
package struct WorkerAdmission: Sendable {
    /// Whether workers without a ticket may, too.
    private let allowsUnsigned: Bool
    private var verifier: TicketVerifier

    /// - Parameters:
    ///   - trusted: Of sites.
    ///   - session: The session's key: its owner's, who may have signed for workers.
    /// - Throws: `TicketError` for too many keys.
    package init(
        trusting trusted: TrustedKeys, session: PublicKey, allowsUnsigned: Bool = false
    ) throws(TicketError) {
        self.verifier = TicketVerifier(trustedKeys: try TrustedKeys([session] + trusted.keys))
        self.allowsUnsigned = allowsUnsigned
    }

    /// The keys that count no more. May be replaced at any time.
    package var revoked: RevokedKeys {
        get { self.verifier.revoked }
        set { self.verifier.revoked = newValue }
    }

    /// Whether somebody may take a slot, and how many there are for the same ticket.
    ///
    /// - Parameters:
    ///   - text: The ticket; `nil` without one.
    ///   - key: What the claimant's certificate is on.
    ///   - wanted: The slots of the session.
    package mutating func check(
        ticket text: String?, of key: KeyThumbprint, wanted: Int, at date: NumericDate
    ) -> Answer {
        guard !self.revoked.contains(key) else {
            return .refused(.forbidden, reason: "key \(key) is revoked")
        }
        guard let text else {
            return self.allowsUnsigned
                ? .admitted(SlotLedger.HolderLimits())
                : .refused(.forbidden, reason: "expected a worker's ticket with the claim")
        }
        do throws(TicketError) {
            let ticket = try self.verifier.verify(text, as: .worker, at: date).ticket
            guard ticket.holder.thumbprint == key else {
                return .refused(.forbidden, reason: "the ticket was given to another key than the certificate's")
            }
            // One ticket may be for a whole site, whose workers start at the same time: half of the slots are left to
            // others, whatever it does.
            return .admitted(
                SlotLedger.HolderLimits(
                    leases: ticket.workers, unregistered: max(4, ticket.workers ?? wanted / 2)))
        } catch {
            switch error.code {
            // A renewed one may be on its way.
            case .expired, .notYetValid: return .refused(.tryLater, reason: error.description)
            default: return .refused(.forbidden, reason: error.description)
            }
        }
    }

    package enum Answer: Hashable, Sendable {
        case admitted(SlotLedger.HolderLimits)
        case refused(RefusalReason, reason: String)
    }
}
