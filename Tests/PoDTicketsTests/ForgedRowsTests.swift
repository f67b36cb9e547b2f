import Foundation
import PoDCore
import PoDTestKit
import PoDTickets
import Testing

/// An answer full of rows that a forger sent: the true one is still found, soon, and in slices.
@Suite(.serialized) struct ForgedRowsTests {
    struct Row: Sendable {
        let node: MasterJobID
        let ticket: String
        let proof: String
    }

    /// What a forger may do without any key that counts; each row differs, so that no memory helps.
    enum Forgery: String, CaseIterable {
        /// A user's ticket of his own, and all the rest well signed.
        case wholeChain
        /// A true user's ticket, which everybody can read, with sessions of his own.
        case session
        /// A true session's ticket with proofs of his own.
        case proof
        /// A true advertisement at other nodes.
        case otherNode
    }

    /// Within 1 s of CPU, and 200 ms between two thousand signatures; where this machine is so busy that ten thousand
    /// signatures alone take long, in proportion to those. Of what is left beside them much is this test's own: Swift
    /// Testing takes a backtrace at each throw.
    @Test(arguments: Forgery.allCases)
    func findsTheTrueRow(_ forgery: Forgery) throws {
        let world = TicketWorld()
        let rows = try Self.rows(forgery, count: 10_000, world)
        var verifier = TicketVerifier(trustedKeys: try TrustedKeys([world.vo.publicKey]))
        for look in 0..<2 {
            var yardsticks = [try Self.secondsPerSignature(world)]
            var found: [VerifiedAdvertisement] = []
            var slices: [Double] = []
            var sliceStart = ThreadTime.seconds
            var sliceEnd = verifier.signatureChecks + 1000
            for row in rows {
                if let unverified = try? UnverifiedAdvertisement(
                    node: row.node, ticket: row.ticket, proof: row.proof, at: world.now),
                    let verified = try? verifier.verify(unverified, at: world.now)
                {
                    found.append(verified)
                }
                if verifier.signatureChecks >= sliceEnd {
                    slices.append(ThreadTime.seconds - sliceStart)
                    yardsticks.append(try Self.secondsPerSignature(world))
                    sliceStart = ThreadTime.seconds
                    sliceEnd = verifier.signatureChecks + 1000
                }
            }
            slices.append(ThreadTime.seconds - sliceStart)
            let seconds = slices.reduce(0, +)
            let limit = max(1, yardsticks.reduce(0, +) / Double(yardsticks.count) * 10_000 * 1.75)
            #expect(found.map(\.content) == [try world.content()])
            #expect(seconds <= limit, "look \(look)")
            #expect(slices.allSatisfy { $0 <= limit / 5 }, "look \(look): \(slices), \(limit)")
        }
        // The second look costs the signature of the true proof alone.
        #expect(verifier.signatureChecks <= 10_004)
    }

    private static func rows(_ forgery: Forgery, count: Int, _ world: TicketWorld) throws -> [Row] {
        let good = try world.advertisement()
        let goodTicket = good.ticket.description
        let user = try #require(goodTicket.split(separator: "~").last)
        let stranger = world.stranger
        let jwk = stranger.publicKey.jwk.text
        let times = #""nbf":1795600060,"exp":1795643200,"workers":100"#
        var rows: [Row] = []
        for index in 0..<count {
            let node = try #require(MasterJobID(number: Int64(index + 1)))
            let payload =
                #"{"sub":"\#(node)","address":"evil\#(index).org:1","epoch":1795600000000,"seq":12,"iat":1795600600,"#
                + #""wanted":100,"share":"1","protocol":"alien-pod/1"}"#
            let session = #"{"sub":"s\#(index)","role":"master",\#(times),"cnf":{"jwk":\#(jwk)}}"#
            let root = #"{"sub":"u\#(index)","role":"user",\#(times),"cnf":{"jwk":\#(jwk)}}"#
            let proofHeader = #"{"alg":"EdDSA","typ":"pod-advertisement"}"#
            // Signed is what a verifier comes to look at; before that, any signature does.
            switch forgery {
            case .wholeChain:
                let signed = try TicketWorld.compact(payload: root, key: stranger)
                rows.append(
                    Row(
                        node: node, ticket: "\(TicketWorld.unsigned(payload: session))~\(signed)",
                        proof: TicketWorld.unsigned(header: proofHeader, payload: payload)))
            case .session:
                let signed = try TicketWorld.compact(payload: session, key: stranger)
                rows.append(
                    Row(
                        node: node, ticket: "\(signed)~\(user)",
                        proof: TicketWorld.unsigned(header: proofHeader, payload: payload)))
            case .proof:
                let signed = try TicketWorld.compact(header: proofHeader, payload: payload, key: stranger)
                rows.append(Row(node: node, ticket: goodTicket, proof: signed))
            case .otherNode:
                rows.append(Row(node: node, ticket: goodTicket, proof: good.proof))
            }
        }
        rows.insert(Row(node: TicketWorld.masterJobID, ticket: goodTicket, proof: good.proof), at: count * 9 / 10)
        return rows
    }

    private static func secondsPerSignature(_ world: TicketWorld) throws -> Double {
        let message = [UInt8](repeating: 0, count: 400)
        let signature = try world.vo.signature(of: message)
        let start = ThreadTime.seconds
        for _ in 0..<100 {
            #expect(world.vo.publicKey.verifies(signature: signature, of: message))
        }
        return (ThreadTime.seconds - start) / 100
    }
}
