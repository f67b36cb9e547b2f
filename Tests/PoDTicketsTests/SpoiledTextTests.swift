import PoDCore
import PoDTestKit
import PoDTickets
import Testing

/// Whatever bytes come: no trap, and nothing is believed that was not signed so.
@Suite struct SpoiledTextTests {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func believesNoSpoiledText(_ seed: UInt64) throws {
        let world = TicketWorld()
        let good = try world.advertisement()
        let ticket = Array(good.ticket.description.utf8)
        let proof = Array(good.proof.utf8)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1500 {
            let spoiledTicket = Bool.random(using: &generator) ? ticket : Self.spoil(ticket, &generator)
            let spoiledProof =
                spoiledTicket == ticket || Bool.random(using: &generator) ? Self.spoil(proof, &generator) : proof
            let isSame = spoiledTicket == ticket && spoiledProof == proof
            let verified = try? VerifiedAdvertisement(
                verifying: TicketWorld.masterJobID, ticket: String(decoding: spoiledTicket, as: UTF8.self),
                proof: String(decoding: spoiledProof, as: UTF8.self), trustedKeys: world.trusted, at: world.now)
            #expect((verified != nil) == isSame, "seed \(seed)")
        }
    }

    /// Well-signed headers and payloads of any bytes: the readers behind the signature.
    @Test(arguments: 100..<104 as Range<UInt64>)
    func trapsOnNoSignedText(_ seed: UInt64) throws {
        let world = TicketWorld()
        let content = try world.content()
        var generator = SeededGenerator(seed: seed)
        let parts = try world.advertisement().proof.split(separator: ".")
        let header = try #require(TicketWorld.bytes(base64URL: String(parts[0])))
        let payload = try #require(TicketWorld.bytes(base64URL: String(parts[1])))
        let ticket = try world.sessionTicket().description
        for _ in 0..<1500 {
            let spoiledHeader = Int.random(in: 0..<4, using: &generator) == 0 ? Self.spoil(header, &generator) : header
            let spoiledPayload = Self.spoil(payload, &generator)
            let signed = "\(Base64URL.text(spoiledHeader)).\(Base64URL.text(spoiledPayload))"
            let signature = try world.session.signature(of: Array(signed.utf8))
            let verified = try? VerifiedAdvertisement(
                verifying: TicketWorld.masterJobID, ticket: ticket,
                proof: "\(signed).\(Base64URL.text(signature))", trustedKeys: world.trusted, at: world.now)
            if let verified {
                #expect(verified.content.masterJobID == content.masterJobID)
                #expect(verified.content.wanted <= 100)
            }
        }
    }

    @Test(arguments: 200..<204 as Range<UInt64>)
    func trapsOnNoTicketOfAnyBytes(_ seed: UInt64) throws {
        let world = TicketWorld()
        var verifier = world.verifier
        var generator = SeededGenerator(seed: seed)
        let payload = Array(try world.userTicket().ticket.json.text.utf8)
        for _ in 0..<1500 {
            let spoiled = Self.spoil(payload, &generator)
            let header = Base64URL.text(Array(#"{"alg":"EdDSA","typ":"pod-ticket"}"#.utf8))
            let signed = "\(header).\(Base64URL.text(spoiled))"
            let signature = try world.vo.signature(of: Array(signed.utf8))
            let text = "\(signed).\(Base64URL.text(signature))"
            if let verified = try? verifier.verify(text, as: .user, at: world.now) {
                #expect(verified.ticket.notBefore < verified.ticket.expires)
            }
            _ = try? TicketChain(parsing: String(decoding: Self.spoil(Array(text.utf8), &generator), as: UTF8.self))
            _ = try? PublicKey(parsing: String(decoding: spoiled, as: UTF8.self))
            if let json = try? JSONValue(parsing: spoiled) {
                _ = try? PublicKey(jwk: json)
            }
        }
    }

    /// One to four changes: a bit, a byte that means something, a piece cut out, doubled or put elsewhere, an end cut.
    private static func spoil(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            let end = min(bytes.count, place + Int.random(in: 1...20, using: &generator))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[place] = Array(".~=-_\"{}[],:0919aZ \0\n\\".utf8).randomElement(using: &generator) ?? 0
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 4: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &generator))
            default: bytes.removeLast(bytes.count - place)
            }
        }
        return bytes
    }
}
