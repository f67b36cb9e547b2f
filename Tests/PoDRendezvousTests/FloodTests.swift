import Foundation
import MonALISARepository
import PoDCore
import PoDRendezvous
import PoDTestKit
import PoDTickets
import Testing

/// An answer that a forger has filled: the true master is still found, soon, and no step takes long.
@Suite(.serialized) struct FloodTests {
    enum Forgery: String, CaseIterable {
        /// Of other nodes and farms, each with a session's ticket of its own below a true user's.
        case otherMasters
        /// Of the true node and under its ticket, with proofs that are newer, in thousands of farms.
        case sameMaster
    }

    /// Within 1 s of CPU and 200 ms a step; where this machine is so busy that ten thousand signatures alone take long,
    /// in proportion to those.
    @Test("10,000 forged rows in one answer", arguments: Forgery.allCases)
    func flood(_ forgery: Forgery) throws {
        let world = SignedWorld()
        let answer = try SignedWorld.answer(try Self.rows(forgery, world))
        let signature = try Self.secondsPerSignature(world)
        let limit = max(1, signature * 10_000 * 2.5)
        var verifier = TicketVerifier(trustedKeys: try TrustedKeys([world.vo.publicKey]))
        for look in 0..<2 {
            var listing = MasterListing(
                answer, policy: MasterListing.Policy(allowsUnsigned: false, wallClock: SignedWorld.now * 1000))
            var steps: [Double] = []
            var isDone = false
            while !isDone {
                let start = ThreadTime.seconds
                isDone = listing.step(
                    &verifier, selection: MasterSelection(watcherID: 1), at: .start, random: UInt64.max / 3)
                steps.append(ThreadTime.seconds - start)
            }
            let (sum, most) = (steps.reduce(0, +), steps.max() ?? 0)
            #expect(listing.chosen?.address.description == "true.cern.ch:21001", "look \(look)")
            #expect(sum <= limit, "look \(look)")
            #expect(most <= limit / 5, "look \(look)")
        }
    }

    private static func rows(_ forgery: Forgery, _ world: SignedWorld) throws -> [SignedWorld.Row] {
        let good = try world.signed(world.content())
        let chain = try world.ticket().description.split(separator: "~")
        let strangers = try Self.strangersTicket(world)
        var rows: [SignedWorld.Row] = []
        for index in 0..<10_000 as Range<Int> {
            let id = try #require(MasterJobID(number: Int64(index + 1)))
            var row = good
            row.farm = "F\(index)"
            switch forgery {
            case .otherMasters:
                let ticket = try TicketChain(
                    issuing: Ticket(
                        subject: "s\(index)", role: .master, notBefore: SignedWorld.date(0),
                        expires: SignedWorld.date(43200), holder: world.stranger.publicKey),
                    with: world.stranger)
                let signed = try world.signed(
                    world.content(id, address: "evil.org:1", wanted: 1_000_000), ticket: ticket, key: world.stranger)
                row.node = signed.node
                row.ticket = "\(ticket)~\(chain[1])"
                row.proof = signed.proof
            case .sameMaster:
                row.proof = try world.signed(
                    world.content(address: "evil.org:1", sequence: UInt64(index + 6)), ticket: strangers,
                    key: world.stranger
                ).proof
            }
            rows.append(row)
        }
        rows.insert(good, at: 9000)
        return rows
    }

    private static func strangersTicket(_ world: SignedWorld) throws -> TicketChain {
        try TicketChain(
            issuing: Ticket(
                subject: "x", role: .master, notBefore: SignedWorld.date(0), expires: SignedWorld.date(43200),
                holder: world.stranger.publicKey),
            with: world.stranger)
    }

    private static func secondsPerSignature(_ world: SignedWorld) throws -> Double {
        let message = [UInt8](repeating: 0, count: 400)
        let signature = try world.vo.signature(of: message)
        let start = ThreadTime.seconds
        for _ in 0..<200 {
            #expect(world.vo.publicKey.verifies(signature: signature, of: message))
        }
        return (ThreadTime.seconds - start) / 200
    }
}
