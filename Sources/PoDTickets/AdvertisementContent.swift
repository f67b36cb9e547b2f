public import PoDCore

/// What a signed advertisement says, whole: every value that a verifying watcher uses.
public struct AdvertisementContent: Hashable, Sendable {
    public let masterJobID: MasterJobID
    /// `nil` when the master has enough workers and withdraws what it said before.
    public let offer: Advertisement?
    public let sessionProtocol: SessionProtocol
    public let order: AdvertisementOrder
    /// When it was signed, by the master's clock.
    public let issuedAt: NumericDate

    /// The largest `epoch` and `seq`: what every JSON reader takes exactly (RFC 8259, section 6).
    static let largestCounter: Int64 = 1 << 53 - 1

    /// An offer of slots.
    ///
    /// - Throws: ``TicketError`` with ``TicketError/Code/invalidValue`` for one without its order: which of two proofs
    ///   is the later one is no clock's to say.
    public init(_ advertisement: Advertisement, issuedAt: NumericDate) throws(TicketError) {
        guard let order = advertisement.order else {
            throw TicketError(.invalidValue, "proof: expected an advertisement with epoch and sequence")
        }
        self.masterJobID = advertisement.masterJobID
        self.offer = advertisement
        self.sessionProtocol = advertisement.sessionProtocol
        self.order = order
        self.issuedAt = issuedAt
    }

    /// A withdrawal.
    public init(
        withdrawalOf masterJobID: MasterJobID, sessionProtocol: SessionProtocol = .alienPoD1, order: AdvertisementOrder,
        issuedAt: NumericDate
    ) {
        self.masterJobID = masterJobID
        self.offer = nil
        self.sessionProtocol = sessionProtocol
        self.order = order
        self.issuedAt = issuedAt
    }

    /// Free slots; 0 for a withdrawal.
    public var wanted: Int { self.offer?.wanted ?? 0 }

    /// The part of the watchers that should claim, above 0 and at most 1; 0 for a withdrawal.
    public var share: Double { self.offer.map { $0.share ?? 1 } ?? 0 }

    func checkWanted(within ticket: Ticket) throws(TicketError) {
        if let most = ticket.workers, self.wanted > most {
            throw TicketError(.widened, "proof: wanted: expected at most the ticket's \(most), found \(self.wanted)")
        }
    }

    /// Reads a proof whose signer is known beforehand.
    ///
    /// - Throws: ``TicketError`` with ``TicketError/Code/wrongSignature`` where another has signed it.
    public init(proof: String, signedBy key: PublicKey) throws(TicketError) {
        let link = try proof.utf8.span.bytes.withUnsafeBytes { (bytes) throws(TicketError) in
            try CompactJWS(parsing: bytes, as: .advertisement)
        }
        guard link.isSigned(by: key) else {
            throw TicketError(.wrongSignature, "proof: not signed by the session's key")
        }
        try self.init(payload: link.payload)
    }

    // MARK: - JSON

    /// Reads the payload of a proof.
    init(payload: [UInt8]) throws(TicketError) {
        let claims = try ClaimSet(parsing: payload, of: "proof")
        let subject = try claims.text("sub")
        let masterJobID = try claims.value("sub") { () throws(ValueError) in try MasterJobID(parsing: subject) }
        let protocolName = try claims.text("protocol")
        let sessionProtocol = try claims.value("protocol") { () throws(ValueError) in
            try SessionProtocol(parsing: protocolName.utf8.span)
        }
        let order = AdvertisementOrder(
            epoch: UInt64(clamping: try claims.integer("epoch", in: 0...Self.largestCounter)),
            sequence: UInt64(clamping: try claims.integer("seq", in: 0...Self.largestCounter)))
        let issuedAt = try claims.date("iat")
        let wanted = try claims.integer("wanted", in: 0...Int64(Advertisement.mostWanted))
        guard wanted > 0 else {
            self.init(
                withdrawalOf: masterJobID, sessionProtocol: sessionProtocol, order: order, issuedAt: issuedAt)
            return
        }
        guard let share = DecimalShare.number(try claims.text("share")) else {
            throw claims.error("share", expected: DecimalShare.expectation)
        }
        let addressText = try claims.text("address")
        let address = try claims.value("address") { () throws(ValueError) in try Address(parsing: addressText) }
        let advertisement = try claims.value("wanted") { () throws(ValueError) in
            try Advertisement(
                masterJobID: masterJobID, address: address, wanted: Int(clamping: wanted), share: share,
                sessionProtocol: sessionProtocol, order: order)
        }
        try self.init(advertisement, issuedAt: issuedAt)
    }

    /// The payload of a proof.
    func payload() throws(TicketError) -> JSONValue {
        guard let epoch = Int64(exactly: self.order.epoch), let sequence = Int64(exactly: self.order.sequence),
            epoch <= Self.largestCounter, sequence <= Self.largestCounter
        else {
            throw TicketError(.invalidValue, "proof: epoch and seq: expected at most \(Self.largestCounter)")
        }
        var members: [JSONValue.Member] = [
            .init(name: "sub", value: .string(self.masterJobID.description))
        ]
        if let offer {
            members.append(.init(name: "address", value: .string(offer.address.description)))
        }
        members += [
            .init(name: "epoch", value: .integer(epoch)),
            .init(name: "seq", value: .integer(sequence)),
            .init(name: "iat", value: .integer(self.issuedAt.secondsSince1970)),
            .init(name: "wanted", value: .integer(Int64(self.wanted))),
        ]
        if self.offer != nil {
            guard let share = DecimalShare.text(self.share) else {
                throw TicketError(.invalidValue, "proof: share: expected \(DecimalShare.expectation)")
            }
            members.append(.init(name: "share", value: .string(share)))
        }
        members.append(.init(name: "protocol", value: .string(self.sessionProtocol.rawValue)))
        return .object(members)
    }
}
