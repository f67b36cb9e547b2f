import PoDCore
import PoDTestKit
import PoDTickets
import Testing

@Suite struct SignedAdvertisementTests {
    @Test func saysWhatTheMasterSaid() throws {
        let world = TicketWorld()
        let advertisement = try world.advertisement()
        let verified = try Self.verify(advertisement, world)
        #expect(verified.content == advertisement.content)
        #expect(verified.sessionKey == world.session.publicKey)
        #expect(verified.ticket.owner == "aliprod")
        let candidate = try UnverifiedAdvertisement(
            node: TicketWorld.masterJobID, ticket: advertisement.ticket.description, proof: advertisement.proof,
            at: world.now
        ).candidate
        #expect(candidate.masterJobID == TicketWorld.masterJobID)
        #expect(candidate.order == AdvertisementOrder(epoch: 1_795_600_000_000, sequence: 12))
        #expect(candidate.wanted == 100)
        #expect(candidate.share == 0.000123)
    }

    @Test func saysThatThereAreEnough() throws {
        let world = TicketWorld()
        let content = AdvertisementContent(
            withdrawalOf: TicketWorld.masterJobID, order: AdvertisementOrder(epoch: 1, sequence: 2),
            issuedAt: world.now)
        let advertisement = try SignedAdvertisement(
            signing: content, ticket: world.sessionTicket(), key: world.session)
        let verified = try Self.verify(advertisement, world)
        #expect(verified.content == content)
        #expect(verified.content.offer == nil)
        #expect(verified.content.wanted == 0)
        #expect(advertisement.parameters.map(\.name) == ["Ticket", "Proof", "Wanted"])
        #expect(advertisement.parameters.last?.value == .int32(0))
    }

    @Test func everyWatcherWhereThereIsNoShare() throws {
        let world = TicketWorld()
        let advertisement = try SignedAdvertisement(
            signing: world.content(share: nil), ticket: world.sessionTicket(), key: world.session)
        #expect(try Self.verify(advertisement, world).content.share == 1)
    }

    private static let shares = [
        1, 0.5, 0.1, 0.25, 0.001, 0.0001, 0.00012345, 1e-5, 1.5e-5, 1e-6, 1.2345678901234567e-6, 1e-10, 1e-20, 1.5e-20,
        0.9999999999999999, 0.3333333333333333, 1e-38,
    ]

    @Test func everyShareComesBackExactly() throws {
        let world = TicketWorld()
        var generator = SeededGenerator(seed: 7)
        let random = (0..<500).map { _ in
            Double.random(in: 0.01..<1, using: &generator)
                * [1, 1e-2, 1e-4, 1e-9, 1e-15][Int.random(in: 0..<5, using: &generator)]
        }
        for share in Self.shares + random {
            let advertisement = try SignedAdvertisement(
                signing: world.content(share: share), ticket: world.sessionTicket(), key: world.session)
            let row = try UnverifiedAdvertisement(
                node: TicketWorld.masterJobID, ticket: advertisement.ticket.description, proof: advertisement.proof,
                at: world.now)
            #expect(row.content.share == share)
            #expect(!Self.payload(of: advertisement.proof).contains("e-"))
        }
        for share in [1e-45, Double.leastNonzeroMagnitude, 1.2345678901234567e-30] {
            #expect(throws: TicketError.self) {
                try SignedAdvertisement(
                    signing: world.content(share: share), ticket: world.sessionTicket(), key: world.session)
            }
        }
    }

    // MARK: - What can't be signed

    @Test func signsNothingThatNobodyWouldBelieve() throws {
        let world = TicketWorld()
        let content = try world.content()
        let session = try world.sessionTicket()
        let longHost = String(repeating: "a.", count: 120) + "ch:21001"
        let huge = UInt64(1) << 53
        let order = AdvertisementOrder(epoch: huge, sequence: 0)
        let cases: [(AdvertisementContent, TicketChain, SigningKey, TicketError.Code)] = [
            (content, session, world.user, .wrongKey), (content, session, world.stranger, .wrongKey),
            (content, try world.userTicket(), world.user, .wrongRole),
            (content, try world.workerTicket(), world.stranger, .wrongRole),
            (try world.content(wanted: 101), session, world.session, .widened),
            (try world.content(address: longHost), session, world.session, .tooLong),
            (try world.content(sequence: huge), session, world.session, .invalidValue),
            (
                AdvertisementContent(withdrawalOf: TicketWorld.masterJobID, order: order, issuedAt: world.now), session,
                world.session, .invalidValue
            ),
        ]
        for (content, ticket, key, code) in cases {
            let error = #expect(throws: TicketError.self) {
                try SignedAdvertisement(signing: content, ticket: ticket, key: key)
            }
            #expect(error?.code == code)
        }
        let withoutOrder = try Advertisement(
            masterJobID: TicketWorld.masterJobID, address: Address(parsing: "a:1"), wanted: 1)
        #expect(throws: TicketError.self) { try AdvertisementContent(withoutOrder, issuedAt: world.now) }
    }

    // MARK: - One datagram

    @Test func fitsIntoOneDatagramWithAllThatOldWatchersNeed() throws {
        let world = TicketWorld()
        let advertisement = try world.advertisement()
        let names = advertisement.parameters.map(\.name)
        #expect(names == ["Ticket", "Proof", "Address", "Protocol", "Wanted", "Share"])
        #expect(Self.size(of: advertisement.parameters) <= 1400)
    }

    @Test func leavesOutWhatHasNoRoom() throws {
        let world = TicketWorld()
        var seen: Set<[String]> = []
        for length in 1...60 {
            let address = "\(String(repeating: "a", count: length)).cern.ch:21001"
            let advertisement = try SignedAdvertisement(
                signing: world.content(address: address), ticket: world.sessionTicket(), key: world.session)
            let names = advertisement.parameters.map(\.name)
            #expect(Self.size(of: advertisement.parameters) <= 1400)
            #expect(names.contains("Address") == names.contains("Protocol"))
            #expect(names.contains("Host") == names.contains("Port"))
            #expect(Set(names).count == names.count)
            #expect(try Self.verify(advertisement, world).content == advertisement.content)
            seen.insert(names)
        }
        #expect(seen.count >= 3)
        #expect(seen.contains(["Ticket", "Proof"]) || seen.contains { !$0.contains("Address") })
    }

    /// The size by the layout in docs/apmon-datagram.md, with the longest header that room is kept for.
    private static func size(of parameters: [Advertisement.Parameter]) -> Int {
        func string(_ text: String) -> Int { 4 + (text.utf8.count + 3) / 4 * 4 }
        let header = string("v:2.2.1_swiftp:" + String(repeating: "x", count: 33)) + 8
        return parameters.reduce(header + string("PoD_Masters") + string("1234567890") + 4) { sum, parameter in
            switch parameter.value {
            case .string(let text): sum + string(parameter.name) + 4 + string(text)
            case .int32: sum + string(parameter.name) + 8
            case .real64: sum + string(parameter.name) + 12
            }
        }
    }

    private static func verify(
        _ advertisement: SignedAdvertisement, _ world: TicketWorld
    ) throws(TicketError) -> VerifiedAdvertisement {
        try VerifiedAdvertisement(
            verifying: TicketWorld.masterJobID, ticket: advertisement.ticket.description, proof: advertisement.proof,
            trustedKeys: world.trusted, at: world.now)
    }

    private static func payload(of proof: String) -> String {
        let bytes = TicketWorld.bytes(base64URL: String(proof.split(separator: ".")[1])) ?? []
        return String(decoding: bytes, as: UTF8.self)
    }
}
