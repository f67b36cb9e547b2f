import MonALISARepository
import PoDCore
import PoDRendezvous
import PoDTickets

/// Keys from fixed seeds, the tickets of a session, and answers of a repository with what was said under them.
struct SignedWorld {
    static let begin: Int64 = 1_795_600_000
    static let now: Int64 = Self.begin + 600
    static let masterJobID = MasterJobID(number: 1_234_567_890)!

    let vo = Self.key(1)
    let user = Self.key(2)
    let session = Self.key(3)
    let stranger = Self.key(5)

    static func key(_ byte: UInt8) -> SigningKey { try! SigningKey(seed: Array(repeating: byte, count: 32)) }

    static func date(_ seconds: Int64) -> NumericDate { NumericDate(secondsSince1970: Self.begin + seconds) }

    func userTicket() throws -> TicketChain {
        try TicketChain(
            issuing: Ticket(
                subject: "aliprod", role: .user, notBefore: Self.date(0), expires: Self.date(7 * 86400),
                holder: self.user.publicKey),
            with: self.vo)
    }

    func ticket(
        of subject: String = "session", role: Ticket.Role = .master, expires: Int64 = 43200, workers: Int? = nil,
        for holder: SigningKey? = nil
    ) throws -> TicketChain {
        try TicketChain(
            issuing: Ticket(
                subject: subject, role: role, notBefore: Self.date(0), expires: Self.date(expires), workers: workers,
                holder: (holder ?? self.session).publicKey),
            with: self.user, signingTicket: try self.userTicket())
    }

    func content(
        _ masterJobID: MasterJobID = Self.masterJobID, address: String = "true.cern.ch:21001", wanted: Int = 7,
        epoch: UInt64 = 10, sequence: UInt64 = 5, issuedAt: Int64 = 600
    ) throws -> AdvertisementContent {
        let order = AdvertisementOrder(epoch: epoch, sequence: sequence)
        guard wanted > 0 else {
            return AdvertisementContent(withdrawalOf: masterJobID, order: order, issuedAt: Self.date(issuedAt))
        }
        return try AdvertisementContent(
            Advertisement(
                masterJobID: masterJobID, address: Address(parsing: address), wanted: wanted, share: 1, order: order),
            issuedAt: Self.date(issuedAt))
    }

    func signed(_ content: AdvertisementContent, ticket: TicketChain? = nil, key: SigningKey? = nil) throws -> Row {
        let signed = try SignedAdvertisement(
            signing: content, ticket: try ticket ?? self.ticket(), key: key ?? self.session)
        return Row(
            node: content.masterJobID.description, ticket: signed.ticket.description, proof: signed.proof)
    }

    /// What one farm shows of one node.
    struct Row {
        var node: String
        var farm = "CERN"
        var ticket: String?
        var proof: String?
        var others: [(String, String)] = []
        /// In seconds.
        var age: Int64 = 5

        var json: [String] {
            let signed = [("Ticket", self.ticket), ("Proof", self.proof)].compactMap { name, value in
                value.map { (name, $0) }
            }
            return (self.others + signed).map { name, value in
                #"{"Farm":"\#(self.farm)","Cluster":"PoD_Masters","Node":"\#(self.node)","Parameter":"\#(name)","#
                    + #""Value":"\#(value)","Timestamp":"\#((SignedWorld.now - self.age) * 1000)"}"#
            }
        }
    }

    static func answer(_ rows: [Row]) throws -> RepositoryAnswer {
        let body = "{\"results\":[\n" + rows.flatMap(\.json).joined(separator: ",\n") + "\n]}"
        return try RepositoryAnswer(
            HTTPAnswer(
                url: "http://h/rest", status: 200, contentType: "application/json", body: Array(body.utf8),
                date: Self.now))
    }

    /// Looks at an answer, to the end.
    func look(
        at rows: [Row], allowsUnsigned: Bool = false, revoked: RevokedKeys = .none, selection: MasterSelection? = nil
    ) throws -> MasterListing {
        var verifier = TicketVerifier(trustedKeys: try TrustedKeys([self.vo.publicKey]), revoked: revoked)
        var listing = MasterListing(
            try Self.answer(rows),
            policy: MasterListing.Policy(allowsUnsigned: allowsUnsigned, wallClock: Self.now * 1000))
        while !listing.step(
            &verifier, selection: selection ?? MasterSelection(watcherID: 1), at: .start, random: 0)
        {}
        return listing
    }
}
