/// Says which tickets and advertisements are true, and remembers what it found out.
///
/// Cheap checks come first, and a signature is looked at once: of a row that is seen again, forged or not, nothing but
/// its digest is computed. What depends on the time, on the role asked for and on what is revoked is checked each
/// time. Memory is bounded, and what strangers send can't push out what was verified.
public struct TicketVerifier: Sendable {
    /// The results that are kept at least: of tickets that are good, and of texts that are not.
    /// A bad one takes some 60 bytes.
    static let goodResults = 1024
    static let badResults = 16_384

    /// Where the keys change, what was found out with the old ones is forgotten.
    public var trustedKeys: TrustedKeys {
        didSet {
            if self.trustedKeys != oldValue {
                self = TicketVerifier(
                    trustedKeys: self.trustedKeys, revoked: self.revoked, signatureChecks: self.signatureChecks)
            }
        }
    }

    /// May be replaced at any time: it is asked for each answer.
    public var revoked: RevokedKeys

    /// The signatures looked at until now, some 50 µs each: a caller that must not be busy for long counts them.
    public private(set) var signatureChecks: UInt64

    private var verified = RecentResults<VerifiedTicket>(limit: Self.goodResults)
    private var signers = RecentResults<PublicKey>(limit: Self.goodResults)
    private var refused = RecentResults<TicketError.Code>(limit: Self.badResults)

    public init(trustedKeys: TrustedKeys, revoked: RevokedKeys = .none) {
        self.init(trustedKeys: trustedKeys, revoked: revoked, signatureChecks: 0)
    }

    private init(trustedKeys: TrustedKeys, revoked: RevokedKeys, signatureChecks: UInt64) {
        self.trustedKeys = trustedKeys
        self.revoked = revoked
        self.signatureChecks = signatureChecks
    }

    // MARK: - Tickets

    /// Checks a ticket: size, form, the rule of chains, role, times, revoked keys, and then the signatures, the last
    /// ticket's first.
    ///
    /// - Parameters:
    ///   - text: `ticket`, or `session~user`.
    ///   - role: What the holder wants to be.
    ///   - now: The time, of a clock that is right to ``NumericDate/leeway`` seconds.
    public mutating func verify(
        _ text: String, as role: Ticket.Role, at now: NumericDate
    ) throws(TicketError) -> VerifiedTicket {
        guard text.utf8.count <= TicketChain.largestText else {
            throw TicketError(
                .tooLong, "ticket: expected at most \(TicketChain.largestText) bytes, found \(text.utf8.count)")
        }
        let digest = SHA256Digest(of: text)
        if let code = self.refused.value(for: digest) {
            throw self.refusal(code)
        }
        if let known = self.verified.value(for: digest) {
            try self.check(known.chain, as: role, at: now)
            try self.revoked.check(known.trustedKey, "the trusted key")
            return known
        }
        let chain = try TicketChain(parsing: text)
        try chain.checkNarrowing()
        try self.check(chain, as: role, at: now)
        let trustedKey: PublicKey
        do throws(TicketError) {
            trustedKey = try self.checkSignatures(of: chain)
        } catch {
            self.refused.insert(error.code, for: digest)
            throw error
        }
        let verified = VerifiedTicket(chain: chain, trustedKey: trustedKey)
        self.verified.insert(verified, for: digest)
        try self.revoked.check(trustedKey, "the trusted key")
        return verified
    }

    private func check(_ chain: TicketChain, as role: Ticket.Role, at now: NumericDate) throws(TicketError) {
        guard chain.ticket.role == role else {
            throw TicketError(
                .wrongRole, "ticket: expected one for a \(role.rawValue), found one for a \(chain.ticket.role.rawValue)"
            )
        }
        try chain.ticket.check(at: now)
        try chain.signingTicket?.check(at: now)
        try self.revoked.check(chain.ticket.holder, "the holder's key")
        if let signingTicket = chain.signingTicket {
            try self.revoked.check(signingTicket.holder, "the user's key")
        }
    }

    /// - Returns: The trusted key.
    private mutating func checkSignatures(of chain: TicketChain) throws(TicketError) -> PublicKey {
        guard let signingLink = chain.signingLink, let signingTicket = chain.signingTicket else {
            return try self.trustedKey(of: chain.link)
        }
        // One user has many sessions, and a forger may show a true user's ticket with each forged session.
        let digest = signingLink.digest
        let trustedKey: PublicKey
        if let known = self.signers.value(for: digest) {
            trustedKey = known
        } else {
            trustedKey = try self.trustedKey(of: signingLink)
            self.signers.insert(trustedKey, for: digest)
        }
        guard self.isSigned(chain.link, by: signingTicket.holder) else {
            throw self.refusal(.wrongSignature)
        }
        return trustedKey
    }

    private mutating func trustedKey(of link: CompactJWS) throws(TicketError) -> PublicKey {
        for key in self.trustedKeys.keys where self.isSigned(link, by: key) {
            return key
        }
        throw self.refusal(.untrusted)
    }

    // MARK: - Advertisements

    /// Checks an advertisement whose form was read before: its ticket as above, then that it stays within the ticket,
    /// then the signature of its proof.
    ///
    /// - Parameter now: The repository's time.
    public mutating func verify(
        _ advertisement: UnverifiedAdvertisement, at now: NumericDate
    ) throws(TicketError) -> VerifiedAdvertisement {
        let ticket = try self.verify(advertisement.ticket, as: .master, at: now)
        try advertisement.content.checkWanted(within: ticket.ticket)
        let holder = ticket.ticket.holder
        let digest = SHA256Digest(of: holder.bytes, advertisement.proof.digest.bytes)
        guard self.refused.value(for: digest) == nil else {
            throw Self.wrongProof
        }
        guard self.isSigned(advertisement.proof, by: holder) else {
            self.refused.insert(.wrongSignature, for: digest)
            throw Self.wrongProof
        }
        return VerifiedAdvertisement(content: advertisement.content, ticket: ticket)
    }

    // MARK: -

    private mutating func isSigned(_ link: CompactJWS, by key: PublicKey) -> Bool {
        self.signatureChecks &+= 1
        return link.isSigned(by: key)
    }

    private static let wrongProof = TicketError(.wrongSignature, "proof: not signed by the ticket's holder")

    private func refusal(_ code: TicketError.Code) -> TicketError {
        switch code {
        case .untrusted: TicketError(code, "ticket: signed by none of the \(self.trustedKeys.keys.count) trusted keys")
        default: TicketError(code, "ticket: not signed by the holder of the ticket after it")
        }
    }
}
