import Foundation
import PoDCore
import PoDTestKit
import PoDTickets
import Testing

@Suite struct TicketVerifierTests {
    @Test func looksAtASignatureOnce() throws {
        let world = TicketWorld()
        var verifier = TicketVerifier(trustedKeys: try TrustedKeys([world.vo.publicKey]))
        let good = try world.sessionTicket().description
        let user = try world.userTicket().description
        _ = try verifier.verify(good, as: .master, at: world.now)
        #expect(verifier.signatureChecks == 2)
        let forged = try TicketWorld.compact(payload: world.sessionTicket().ticket.json.text, key: world.stranger)
        for _ in 0..<3 {
            _ = try verifier.verify(good, as: .master, at: world.now)
            #expect(throws: TicketError.self) { try verifier.verify("\(forged)~\(user)", as: .master, at: world.now) }
            #expect(throws: TicketError.self) { try verifier.verify(forged, as: .master, at: world.now) }
        }
        // One of the forged session under the user known by now, one of it alone.
        #expect(verifier.signatureChecks == 4)
    }

    @Test func looksAtNoSignatureWhereAnythingElseIsWrong() throws {
        let world = TicketWorld()
        let chain = try world.sessionTicket().description
        var verifier = world.verifier
        #expect(throws: TicketError.self) { try verifier.verify(chain, as: .worker, at: world.now) }
        #expect(throws: TicketError.self) { try verifier.verify(chain, as: .master, at: TicketWorld.date(99999)) }
        #expect(throws: TicketError.self) { try verifier.verify(chain + "A", as: .master, at: world.now) }
        verifier.revoked = try RevokedKeys(parsing: [world.session.publicKey.thumbprint.description])
        #expect(throws: TicketError.self) { try verifier.verify(chain, as: .master, at: world.now) }
        #expect(verifier.signatureChecks == 0)
    }

    @Test("revokes whatever a key signed or holds, at once", arguments: ["vo", "user", "session"])
    func revokes(_ name: String) throws {
        let world = TicketWorld()
        let key = try #require(["vo": world.vo, "user": world.user, "session": world.session][name])
        let thumbprint = key.publicKey.thumbprint
        let chain = try world.sessionTicket().description
        var verifier = world.verifier
        _ = try verifier.verify(chain, as: .master, at: world.now)
        // LDAP holds padded base64.
        verifier.revoked = try RevokedKeys(parsing: [Data(thumbprint.bytes).base64EncodedString()])
        for _ in 0..<2 {
            let error = #expect(throws: TicketError.self) { try verifier.verify(chain, as: .master, at: world.now) }
            #expect(error?.code == .revoked)
            #expect(error?.description.contains(thumbprint.description) == true)
        }
        var fresh = TicketVerifier(trustedKeys: world.trusted, revoked: verifier.revoked)
        let error = #expect(throws: TicketError.self) { try fresh.verify(chain, as: .master, at: world.now) }
        #expect(error?.code == .revoked)
        verifier.revoked = .none
        _ = try verifier.verify(chain, as: .master, at: world.now)
    }

    /// A forger shows the true proof with a good ticket of another session, or the true ticket with another proof.
    @Test func believesTheTrueOneAfterForgedOnesOfItsParts() throws {
        let world = TicketWorld()
        let good = try world.advertisement()
        let otherTicket = try TicketChain(
            issuing: Ticket(
                subject: "other", role: .master, notBefore: TicketWorld.date(60), expires: TicketWorld.date(43200),
                workers: 100, holder: world.stranger.publicKey),
            with: world.user, signingTicket: world.userTicket())
        let other = try SignedAdvertisement(
            signing: world.content(sequence: 99), ticket: otherTicket, key: world.stranger)
        var verifier = world.verifier
        for _ in 0..<2 {
            for (ticket, proof, isTrue) in [
                (otherTicket, good.proof, false), (good.ticket, other.proof, false), (good.ticket, good.proof, true),
                (otherTicket, other.proof, true),
            ] {
                let unverified = try UnverifiedAdvertisement(
                    node: TicketWorld.masterJobID, ticket: ticket.description, proof: proof, at: world.now)
                let verified = try? verifier.verify(unverified, at: world.now)
                #expect((verified != nil) == isTrue)
            }
        }
    }

    @Test func forgetsWhatOldKeysSaid() throws {
        let world = TicketWorld()
        let chain = try world.sessionTicket().description
        var verifier = TicketVerifier(trustedKeys: try TrustedKeys([world.site.publicKey]))
        #expect(throws: TicketError.self) { try verifier.verify(chain, as: .master, at: world.now) }
        verifier.trustedKeys = world.trusted
        _ = try verifier.verify(chain, as: .master, at: world.now)
        verifier.trustedKeys = try TrustedKeys([world.site.publicKey])
        let error = #expect(throws: TicketError.self) { try verifier.verify(chain, as: .master, at: world.now) }
        #expect(error?.code == .untrusted)
    }

    @Test func boundsTheTrustedKeys() throws {
        let keys = (1...17).map { TicketWorld.key($0).publicKey }
        #expect(try TrustedKeys(Array(keys.prefix(16)) + keys.prefix(3)).keys == Array(keys.prefix(16)))
        #expect(throws: TicketError.self) { try TrustedKeys(keys) }
        #expect(try TrustedKeys(parsing: keys.prefix(2).map(\.description)).keys == Array(keys.prefix(2)))
        #expect(throws: TicketError.self) { try TrustedKeys(parsing: [keys[0].description, "x"]) }
        #expect(throws: TicketError.self) { try RevokedKeys(parsing: ["x"]) }
    }

    @Test("what strangers send pushes out nothing that was verified")
    func keepsWhatItKnowsInAFlood() throws {
        let world = TicketWorld()
        let chain = try world.sessionTicket().description
        var verifier = TicketVerifier(trustedKeys: try TrustedKeys([world.vo.publicKey]))
        _ = try verifier.verify(chain, as: .master, at: world.now)
        let jwk = world.stranger.publicKey.jwk.text
        // Any signature is a forged one: none has to be made.
        let forged = { (index: Int) in
            TicketWorld.unsigned(
                payload:
                    #"{"sub":"s\#(index)","role":"master","nbf":1795600000,"exp":1795643200,"cnf":{"jwk":\#(jwk)}}"#)
        }
        for index in 0..<40_000 {
            #expect(throws: TicketError.self) { try verifier.verify(forged(index), as: .master, at: world.now) }
        }
        let checks = verifier.signatureChecks
        #expect(checks >= 40_001)
        _ = try verifier.verify(chain, as: .master, at: world.now)
        #expect(verifier.signatureChecks == checks)
        // Of theirs the last are remembered, and the first are not.
        for (index, more) in [(39_999, 0), (0, 1)] as [(Int, UInt64)] {
            #expect(throws: TicketError.self) { try verifier.verify(forged(index), as: .master, at: world.now) }
            #expect(verifier.signatureChecks == checks + more)
        }
    }

    @Test("of what was verified the last are remembered, and the first are not")
    func forgetsWhatIsOld() throws {
        let world = TicketWorld()
        var verifier = TicketVerifier(trustedKeys: try TrustedKeys([world.vo.publicKey]))
        let tickets = try (0...2048).map { number in
            try TicketChain(
                issuing: Ticket(
                    subject: "s\(number)", role: .master, notBefore: TicketWorld.date(0),
                    expires: TicketWorld.date(3600), holder: world.session.publicKey),
                with: world.vo
            ).description
        }
        for ticket in tickets {
            _ = try verifier.verify(ticket, as: .master, at: world.now)
        }
        for (index, checks) in [(2048, 2049), (0, 2050)] as [(Int, UInt64)] {
            _ = try verifier.verify(tickets[index], as: .master, at: world.now)
            #expect(verifier.signatureChecks == checks)
        }
    }
}
