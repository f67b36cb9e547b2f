import PoDCore
import PoDTestKit
import PoDTickets
import Testing

/// A good advertisement, and everything that may be wrong with it or have been done to it.
@Suite struct AdvertisementRefusalTests {
    private static let header = #"{"alg":"EdDSA","typ":"pod-advertisement"}"#
    private static let payload =
        #"{"sub":"1234567890","address":"wn123.cern.ch:21001","epoch":1795600000000,"seq":12,"iat":1795600600,"#
        + #""wanted":100,"share":"0.000123","protocol":"alien-pod/1"}"#

    @Test func takesTheGoodOne() throws {
        let world = TicketWorld()
        let proof = try TicketWorld.compact(header: Self.header, payload: Self.payload, key: world.session)
        #expect(try world.advertisement().proof == proof)
        #expect(try Self.verify(proof: proof).content == (try world.content()))
    }

    private static let otherPayloads: [(old: String, new: String, code: TicketError.Code)] = [
        ("1234567890", "1234567891", .wrongMaster), (#""1234567890""#, "1234567890", .malformed),
        ("1234567890", "01234567890", .malformed), ("1234567890", "0", .malformed), ("1234567890", "-1", .malformed),
        ("1234567890", "9223372036854775808", .malformed), ("1234567890", #"1\n"#, .malformed),
        ("wn123.cern.ch", "a;rm -rf", .malformed), ("wn123.cern.ch", "$(x)", .malformed),
        ("wn123.cern.ch", "../../etc", .malformed), ("wn123.cern.ch", #"a\nb"#, .malformed),
        (":21001", ":0", .malformed), (":21001", "", .malformed), (":21001", ":65536", .malformed),
        (#""address":"wn123.cern.ch:21001","#, "", .malformed), (#""share":"0.000123","#, "", .malformed),
        (#""epoch":1795600000000,"#, "", .malformed), (#""seq":12,"#, "", .malformed),
        (#""iat":1795600600,"#, "", .malformed), (#""wanted":100,"#, "", .malformed),
        (#","protocol":"alien-pod/1""#, "", .malformed), ("alien-pod/1", "alien-pod/2", .malformed),
        ("1795600000000", "-1", .malformed), ("1795600000000", "9007199254740992", .malformed),
        ("1795600000000", "1.5", .malformed), ("1795600000000", #""1""#, .malformed), (":12,", ":-1,", .malformed),
        (":12,", ":9007199254740992,", .malformed), (":100,", ":-1,", .malformed), (":100,", ":1000001,", .malformed),
        (":100,", ":100.5,", .malformed), (":100,", #":"100","#, .malformed), (":100,", ":101,", .widened),
        (#""0.000123""#, "0.000123", .malformed), ("0.000123", "0", .malformed), ("0.000123", "0.0", .malformed),
        ("0.000123", "1.0", .malformed), ("0.000123", "1.1", .malformed), ("0.000123", "-0.1", .malformed),
        ("0.000123", "1e-4", .malformed), ("0.000123", "0x.8", .malformed), ("0.000123", ".5", .malformed),
        ("0.000123", "0.", .malformed), ("0.000123", "nan", .malformed), ("0.000123", "0.1 ", .malformed),
        ("0.000123", "00.1", .malformed), ("0.000123", "0,1", .malformed), ("0.000123", #"0.1\u0000"#, .malformed),
        ("0.000123", "0." + String(repeating: "1", count: 41), .malformed),
        (#""seq""#, #""seq":11,"seq""#, .malformed), (#""seq""#, #""sub":"1","seq""#, .malformed),
        ("}", "", .malformed), ("}", "}}", .malformed), ("{", "[", .malformed),
        ("1795600600", "1795600299", .stale), ("1795600600", "1795600901", .stale), ("1795600600", "0", .stale),
        ("1795600600", "253402300799", .stale), ("1795600600", "253402300800", .malformed),
    ]

    @Test(arguments: Self.otherPayloads)
    func refusesOtherPayloads(_ old: String, _ new: String, _ code: TicketError.Code) throws {
        let payload = Self.payload.replacing(old, by: new)
        try #require(payload != Self.payload)
        try Self.expect(
            code, proof: try TicketWorld.compact(header: Self.header, payload: payload, key: TicketWorld().session))
    }

    @Test(arguments: [
        ("1795600600", "1795600300"), ("1795600600", "1795600900"), (":100,", ":1,"), ("0.000123", "1"),
        ("wn123.cern.ch", "[2001:db8::1]"), (#""seq""#, #""unknown":{},"seq""#), ("alien-pod/1", "pod-agent/6"),
    ])
    func takesWhatIsLeftOpen(_ old: String, _ new: String) throws {
        let payload = Self.payload.replacing(old, by: new)
        try #require(payload != Self.payload)
        _ = try Self.verify(
            proof: try TicketWorld.compact(header: Self.header, payload: payload, key: TicketWorld().session))
    }

    private static let otherHeaders: [(header: String, code: TicketError.Code)] = [
        (#"{"alg":"none","typ":"pod-advertisement"}"#, .wrongAlgorithm),
        (#"{"alg":"HS256","typ":"pod-advertisement"}"#, .wrongAlgorithm),
        (#"{"alg":"EdDSA","typ":"pod-ticket"}"#, .wrongType), (#"{"alg":"EdDSA"}"#, .wrongType),
        (#"{"alg":"EdDSA","typ":"pod-advertisement","crit":["x"],"x":1}"#, .criticalHeader),
        (#"{"alg":"EdDSA","typ":"pod-ticket","typ":"pod-advertisement"}"#, .malformed),
    ]

    @Test(arguments: Self.otherHeaders)
    func refusesOtherHeaders(_ header: String, _ code: TicketError.Code) throws {
        try Self.expect(
            code, proof: try TicketWorld.compact(header: header, payload: Self.payload, key: TicketWorld().session))
    }

    // MARK: - Attacks

    @Test func refusesWhatIsNotSignedByTheSession() throws {
        let world = TicketWorld()
        for key in [world.stranger, world.user, world.vo, world.site] {
            try Self.expect(
                .wrongSignature,
                proof: try TicketWorld.compact(header: Self.header, payload: Self.payload, key: key))
        }
        // The key of the header is not asked.
        let header =
            #"{"alg":"EdDSA","typ":"pod-advertisement","jwk":\#(world.stranger.publicKey.jwk.text)}"#
        try Self.expect(
            .wrongSignature, proof: try TicketWorld.compact(header: header, payload: Self.payload, key: world.stranger))
    }

    @Test func refusesAnotherAddressUnderAnOldSignature() throws {
        let parts = try TicketWorld().advertisement().proof.split(separator: ".").map(String.init)
        let payload = Base64URL.text(Array(Self.payload.replacing("wn123", by: "wn124").utf8))
        try Self.expect(.wrongSignature, proof: "\(parts[0]).\(payload).\(parts[2])")
    }

    @Test func refusesAProofAtAnotherNode() throws {
        let advertisement = try TicketWorld().advertisement()
        let node = try #require(MasterJobID(number: 77))
        try Self.expect(
            .wrongMaster, node: node, ticket: advertisement.ticket.description, proof: advertisement.proof)
    }

    @Test("parameters of two datagrams, of two sessions of one user")
    func refusesAProofWithAnotherTicket() throws {
        let world = TicketWorld()
        let other = try TicketChain(
            issuing: Ticket(
                subject: "other", role: .master, notBefore: TicketWorld.date(60), expires: TicketWorld.date(43200),
                workers: 100, holder: world.stranger.publicKey),
            with: world.user, signingTicket: world.userTicket())
        try Self.expect(.wrongSignature, ticket: other.description, proof: try world.advertisement().proof)
    }

    @Test func refusesTicketsOfOtherRoles() throws {
        let world = TicketWorld()
        let proof = try world.advertisement().proof
        try Self.expect(.wrongRole, ticket: try world.userTicket().description, proof: proof)
        try Self.expect(.wrongRole, ticket: try world.workerTicket().description, proof: proof)
        try Self.expect(.wrongType, ticket: proof, proof: proof)
        try Self.expect(.wrongType, proof: try world.workerTicket().description)
        try Self.expect(.tooLong, proof: try world.sessionTicket().description)
    }

    @Test func refusesTheDowngradeToUnsigned() throws {
        let advertisement = try TicketWorld().advertisement()
        let ticket = advertisement.ticket.description
        for (ticket, proof) in [(nil, nil), (ticket, nil), (nil, advertisement.proof), (ticket, ""), ("", "")] {
            let error = #expect(throws: TicketError.self) {
                try UnverifiedAdvertisement(
                    node: TicketWorld.masterJobID, ticket: ticket, proof: proof, at: TicketWorld().now)
            }
            #expect(error?.code == .unsigned)
        }
    }

    @Test func refusesMoreThanADatagramHolds() throws {
        let advertisement = try TicketWorld().advertisement()
        let ticket = advertisement.ticket.description
        let filler = String(repeating: "A", count: 1401 - ticket.utf8.count)
        try Self.expect(.tooLong, proof: filler)
        try Self.expect(.tooLong, ticket: String(repeating: "A", count: 1 << 20), proof: advertisement.proof)
        try Self.expect(.tooLong, ticket: "A", proof: String(repeating: "A", count: 1025))
    }

    @Test func refusesAnOldSessionTicket() throws {
        let world = TicketWorld()
        let late = TicketWorld.date(43500)
        let advertisement = try SignedAdvertisement(
            signing: world.content(issuedAt: late), ticket: world.sessionTicket(), key: world.session)
        let error = #expect(throws: TicketError.self) {
            try VerifiedAdvertisement(
                verifying: TicketWorld.masterJobID, ticket: advertisement.ticket.description,
                proof: advertisement.proof, trustedKeys: world.trusted, at: late)
        }
        #expect(error?.code == .expired)
    }

    @Test func refusesARevokedSession() throws {
        let world = TicketWorld()
        let advertisement = try world.advertisement()
        let error = #expect(throws: TicketError.self) {
            try VerifiedAdvertisement(
                verifying: TicketWorld.masterJobID, ticket: advertisement.ticket.description,
                proof: advertisement.proof, trustedKeys: world.trusted,
                revoked: RevokedKeys([world.session.publicKey.thumbprint]), at: world.now)
        }
        #expect(error?.code == .revoked)
    }

    private static func verify(
        node: MasterJobID = TicketWorld.masterJobID, ticket: String? = nil, proof: String
    ) throws -> VerifiedAdvertisement {
        let world = TicketWorld()
        let ticket = try ticket ?? world.sessionTicket().description
        return try VerifiedAdvertisement(
            verifying: node, ticket: ticket, proof: proof, trustedKeys: world.trusted, at: world.now)
    }

    private static func expect(
        _ code: TicketError.Code, node: MasterJobID = TicketWorld.masterJobID, ticket: String? = nil, proof: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let error = #expect(throws: TicketError.self, sourceLocation: sourceLocation) {
            try Self.verify(node: node, ticket: ticket, proof: proof)
        }
        #expect(error?.code == code, "\(error.map { "\($0)" } ?? "")", sourceLocation: sourceLocation)
        #expect(
            error?.description.unicodeScalars.allSatisfy(TicketWorld.isPlain) == true, sourceLocation: sourceLocation)
    }
}
