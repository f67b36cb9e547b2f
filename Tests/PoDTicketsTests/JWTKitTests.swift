import Foundation
import JWTKit
import PoDCore
import PoDTestKit
import PoDTickets
import Testing

/// Vapor's JWTKit verifies ours, and we its.
@Suite struct JWTKitTests {
    private struct TicketClaims: JWTPayload, Equatable {
        struct Confirmation: Codable, Equatable {
            struct Key: Codable, Equatable {
                var kty = "OKP"
                var crv = "Ed25519"
                let x: String
            }

            let jwk: Key
        }

        let iss: IssuerClaim
        let sub: SubjectClaim
        let role: String
        let nbf: NotBeforeClaim
        let exp: ExpirationClaim
        let workers: Int
        let cnf: Confirmation

        /// Of its time nothing is asked: the tickets of these tests have times of their own.
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    private struct ProofClaims: JWTPayload {
        let sub: SubjectClaim
        let address: String
        let epoch: Int
        let seq: Int
        let iat: IssuedAtClaim
        let wanted: Int
        let share: String
        let `protocol`: String

        func verify(using algorithm: some JWTAlgorithm) {}
    }

    private let world = TicketWorld()

    private static func keys(_ key: PublicKey) async throws -> JWTKeyCollection {
        await JWTKeyCollection().add(
            eddsa: try EdDSA.PublicKey(x: Base64URL.text(key.bytes), curve: .ed25519))
    }

    /// The key of ``TicketWorld/key(_:)``.
    private static func keys(_ byte: UInt8) async throws -> JWTKeyCollection {
        await JWTKeyCollection().add(
            eddsa: try EdDSA.PrivateKey(
                d: Base64URL.text([UInt8](repeating: byte, count: 32)), curve: .ed25519))
    }

    @Test("it reads our tickets and proofs, and refuses those that another key signed")
    func readsOurs() async throws {
        let ticket = try self.world.userTicket()
        let claims = try await Self.keys(self.world.vo.publicKey).verify(ticket.description, as: TicketClaims.self)
        #expect(claims.iss.value == "alice" && claims.sub.value == "aliprod" && claims.role == "user")
        #expect(claims.nbf.value.timeIntervalSince1970 == Double(TicketWorld.begin))
        #expect(claims.exp.value.timeIntervalSince1970 == Double(TicketWorld.begin + 7 * 86400))
        #expect(claims.workers == 500)
        #expect(claims.cnf.jwk == .init(x: Base64URL.text(self.world.user.publicKey.bytes)))

        let proof = try self.world.advertisement().proof
        let content = try await Self.keys(self.world.session.publicKey).verify(proof, as: ProofClaims.self)
        #expect(content.sub.value == TicketWorld.masterJobID.description)
        #expect(content.address == "wn123.cern.ch:21001" && content.share == "0.000123" && content.wanted == 100)

        let others = try await Self.keys(self.world.stranger.publicKey)
        await #expect(throws: JWTError.self) { try await others.verify(ticket.description, as: TicketClaims.self) }
        await #expect(throws: JWTError.self) { try await others.verify(proof, as: ProofClaims.self) }
    }

    @Test("we read its tickets and proofs, of our types alone")
    func readsTheirs() async throws {
        let ours = try self.world.userTicket()
        let claims = try await Self.keys(self.world.vo.publicKey).verify(ours.description, as: TicketClaims.self)
        let ticket = try await Self.keys(1).sign(claims, header: ["typ": "pod-ticket"])
        #expect(ticket != ours.description)
        var verifier = self.world.verifier
        #expect(try verifier.verify(ticket, as: .user, at: self.world.now).ticket == ours.ticket)

        let jwt = try await Self.keys(1).sign(claims)
        let error = #expect(throws: TicketError.self) { try verifier.verify(jwt, as: .user, at: self.world.now) }
        #expect(error?.code == .wrongType)
        let forged = try await Self.keys(5).sign(claims, header: ["typ": "pod-ticket"])
        #expect(throws: TicketError.self) { try verifier.verify(forged, as: .user, at: self.world.now) }

        let signed = try self.world.advertisement()
        let content = try await Self.keys(self.world.session.publicKey).verify(signed.proof, as: ProofClaims.self)
        let proof = try await Self.keys(3).sign(content, header: ["typ": "pod-advertisement"])
        let verified = try VerifiedAdvertisement(
            verifying: TicketWorld.masterJobID, ticket: signed.ticket.description, proof: proof,
            trustedKeys: self.world.trusted, at: self.world.now)
        #expect(verified.content == (try self.world.content()))
    }
}
