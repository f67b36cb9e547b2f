import MonALISARepository
import PoDCore
import PoDRendezvous
import PoDTestKit
import PoDTickets
import Testing

/// What others may send to MonALISA, against a watcher that trusts the VO's key. The names are those of `SECURITY.md`.
@Suite struct AttackTests {
    private let world = SignedWorld()

    @Test("what a session's owner has signed is believed, whole")
    func genuine() throws {
        let listing = try self.world.look(at: [self.world.signed(self.world.content())])
        let found = try #require(listing.chosen)
        #expect(found.address.description == "true.cern.ch:21001")
        #expect(found.wanted == 7)
        #expect(found.order == AdvertisementOrder(epoch: 10, sequence: 5))
        #expect(found.key?.description == self.world.session.publicKey.thumbprint.description)
        #expect(found.owner == "aliprod")
        #expect(listing.doubt == nil)
        #expect(listing.skipped.isEmpty)
    }

    /// Nobody is found, and the reason is told.
    private func expectRefusal(
        _ rows: [SignedWorld.Row], _ reason: String, revoked: RevokedKeys = .none,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let listing = try self.world.look(at: rows, revoked: revoked)
        #expect(listing.chosen == nil, sourceLocation: sourceLocation)
        #expect(
            listing.skipped.contains { $0.reason.contains(reason) }, "\(listing.skipped)",
            sourceLocation: sourceLocation)
    }

    @Test func forged() throws {
        let ticket = try TicketChain(
            issuing: Ticket(
                subject: "aliprod", role: .master, notBefore: SignedWorld.date(0), expires: SignedWorld.date(43200),
                holder: self.world.stranger.publicKey),
            with: self.world.stranger)
        let row = try self.world.signed(self.world.content(), ticket: ticket, key: self.world.stranger)
        try self.expectRefusal([row], "signed by none of the 1 trusted keys")
    }

    @Test func replayed() throws {
        try self.expectRefusal([self.world.signed(self.world.content(issuedAt: 600 - 301))], "iat")
        try self.expectRefusal([self.world.signed(self.world.content(issuedAt: 600 + 301))], "iat")
    }

    @Test func expired() throws {
        let row = try self.world.signed(self.world.content(), ticket: self.world.ticket(expires: 299))
        try self.expectRefusal([row], "expired")
    }

    @Test("re-addressed: another address beside the same ticket and proof is not looked at")
    func readdressed() throws {
        var row = try self.world.signed(self.world.content())
        row.others = [("Address", "evil.org:1"), ("Key", String(repeating: "A", count: 43))]
        let found = try #require(try self.world.look(at: [row]).chosen)
        #expect(found.address.description == "true.cern.ch:21001")
        #expect(found.key?.description == self.world.session.publicKey.thumbprint.description)
    }

    @Test("re-addressed: a proof of the attacker's own beside the same ticket")
    func newProof() throws {
        var row = try self.world.signed(self.world.content())
        let own = try TicketChain(
            issuing: Ticket(
                subject: "x", role: .master, notBefore: SignedWorld.date(0), expires: SignedWorld.date(43200),
                holder: self.world.stranger.publicKey),
            with: self.world.stranger)
        row.proof = try self.world.signed(
            self.world.content(address: "evil.org:1", sequence: 6), ticket: own, key: self.world.stranger
        ).proof
        try self.expectRefusal([row], "not signed by the ticket's holder")
    }

    @Test func wrongRole() throws {
        var row = try self.world.signed(self.world.content())
        row.ticket = try self.world.userTicket().description
        try self.expectRefusal([row], "expected one for a master, found one for a user")
        row.ticket = try TicketChain(
            issuing: Ticket(
                subject: "CE", role: .worker, notBefore: SignedWorld.date(0), expires: SignedWorld.date(43200),
                holder: self.world.session.publicKey),
            with: self.world.vo
        ).description
        try self.expectRefusal([row], "expected one for a master, found one for a worker")
    }

    @Test("wrong MasterJobId, and a proof that is relayed from one master to another")
    func wrongMaster() throws {
        var row = try self.world.signed(self.world.content())
        row.node = "42"
        try self.expectRefusal([row], "master 42: proof: sub")
    }

    @Test("key swapped: the ticket of one session with the proof of another")
    func keySwapped() throws {
        var row = try self.world.signed(self.world.content())
        row.ticket = try self.world.ticket(of: "other", for: self.world.stranger).description
        try self.expectRefusal([row], "not signed by the ticket's holder")
    }

    @Test("downgrade: without ticket, proof or both")
    func downgrade() throws {
        let address = [("Address", "true.cern.ch:21001"), ("Protocol", "alien-pod/1")]
        let signed = try self.world.signed(self.world.content())
        var row = signed
        row.others = address
        row.ticket = nil
        try self.expectRefusal([row], "expected an advertisement with Ticket and Proof")
        row = signed
        row.proof = nil
        #expect(try self.world.look(at: [row]).chosen == nil)
        row = SignedWorld.Row(node: signed.node, others: address)
        let listing = try self.world.look(at: [row])
        #expect(listing.chosen == nil)
        #expect(listing.unsignedCount == 1)
        // Where it is allowed it is believed, and that is told.
        let doubted = try self.world.look(at: [row], allowsUnsigned: true)
        #expect(doubted.chosen?.address.description == "true.cern.ch:21001")
        #expect(doubted.doubt == "its advertisement is not signed")
    }

    @Test("parameters mixed from two datagrams: nothing but the proof counts")
    func mixed() throws {
        var row = try self.world.signed(self.world.content())
        row.others = [
            ("Address", "evil.org:1"), ("Wanted", "0"), ("Share", "0.00000000001"), ("Protocol", "pod-agent/6"),
            ("Sequence", "99.99"),
        ]
        let found = try #require(try self.world.look(at: [row]).chosen)
        #expect(found.address.description == "true.cern.ch:21001")
        #expect(found.wanted == 7)
        #expect(found.share == 1)
        #expect(found.sessionProtocol == .alienPoD1)
        #expect(found.order == AdvertisementOrder(epoch: 10, sequence: 5))
    }

    @Test("an older epoch, whatever its receiver's clock says")
    func olderEpoch() throws {
        var old = try self.world.signed(self.world.content(address: "old.cern.ch:1", epoch: 9, sequence: 99))
        (old.farm, old.age) = ("A", 0)
        let new = try self.world.signed(self.world.content())
        for rows in [[old, new], [new, old]] {
            #expect(try self.world.look(at: rows).chosen?.address.description == "true.cern.ch:21001")
        }
        // A withdrawal that was followed by nothing is not undone by the offer before it.
        let withdrawal = try self.world.signed(self.world.content(wanted: 0))
        #expect(try self.world.look(at: [old, withdrawal]).chosen == nil)
    }

    @Test("a forged newer row, in another farm, hides nothing", arguments: [7, 0])
    func forgedNewer(_ wanted: Int) throws {
        let good = try self.world.signed(self.world.content())
        var forged = good
        forged.farm = "A"
        forged.proof = try self.world.signed(
            self.world.content(address: "evil.org:1", wanted: wanted, epoch: 1 << 50),
            ticket: TicketChain(
                issuing: Ticket(
                    subject: "x", role: .master, notBefore: SignedWorld.date(0), expires: SignedWorld.date(43200),
                    holder: self.world.stranger.publicKey),
                with: self.world.stranger), key: self.world.stranger
        ).proof
        #expect(try self.world.look(at: [forged, good]).chosen?.address.description == "true.cern.ch:21001")
    }

    @Test("a user with a ticket of his own does not speak for another's master", arguments: [7, 0])
    func anotherUser(_ wanted: Int) throws {
        let good = try self.world.signed(self.world.content())
        var other = try self.world.signed(
            self.world.content(address: "other.org:1", wanted: wanted, epoch: 1 << 50),
            ticket: self.world.ticket(of: "other", for: self.world.stranger), key: self.world.stranger)
        other.farm = "A"
        let listing = try self.world.look(at: [other, good])
        // He may offer slots, as he may anywhere; he can't withdraw what is not his.
        #expect(listing.chosen != nil)
        if wanted == 0 {
            #expect(listing.chosen?.address.description == "true.cern.ch:21001")
        }
    }

    @Test func revoked() throws {
        let row = try self.world.signed(self.world.content())
        for key in [self.world.session, self.world.user, self.world.vo] {
            try self.expectRefusal([row], "revoked", revoked: RevokedKeys([key.publicKey.thumbprint]))
        }
    }

    @Test("more workers than the ticket is for")
    func tooManyWorkers() throws {
        var row = try self.world.signed(self.world.content(wanted: 100))
        row.ticket = try self.world.ticket(workers: 99).description
        try self.expectRefusal([row], "expected at most the ticket's 99")
    }

    @Test(
        "host names that a shell, a path or a file would understand never get that far",
        arguments: [
            "a;rm -rf", "$(x)", "`x`", "../../etc", "a b", "a|b", "a\\nb", "a\\u0000b", "", "-oProxyCommand=x", "a'b",
            "<b>",
        ])
    func hostNames(_ host: String) throws {
        // Even signed: a user with a ticket is nobody's friend.
        let payload =
            #"{"sub":"1234567890","address":"\#(host):1","epoch":10,"seq":5,"iat":1795600600,"wanted":1,"share":"1","#
            + #""protocol":"alien-pod/1"}"#
        let signed = try Self.compact(payload, self.world.session)
        let row = SignedWorld.Row(
            node: "1234567890", ticket: try self.world.ticket().description, proof: signed)
        try self.expectRefusal([row], "address")
        var plain = SignedWorld.Row(node: "1234567890", others: [("Address", "\(host):1")])
        plain.others.append(("Protocol", "alien-pod/1"))
        #expect(try self.world.look(at: [plain], allowsUnsigned: true).chosen == nil)
    }

    /// A proof with any payload, well signed.
    private static func compact(_ payload: String, _ key: SigningKey) throws -> String {
        let signed =
            self.base64URL(#"{"alg":"EdDSA","typ":"pod-advertisement"}"#) + "." + self.base64URL(payload)
        return signed + "." + Base64URL.text(try key.signature(of: Array(signed.utf8)))
    }

    private static func base64URL(_ text: String) -> String { Base64URL.text(Array(text.utf8)) }
}
