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
        let answer = try SignedWorld.answer(try Self.rows(forgery, 10_000, world))
        let signature = try Self.secondsPerSignature(world)
        let limit = max(1, signature * 10_000 * 2.5)
        var verifier = TicketVerifier(trustedKeys: try TrustedKeys([world.vo.publicKey]))
        for look in 0..<2 {
            var listing = Self.listing(answer)
            var steps: [Double] = []
            var isDone = false
            while !isDone {
                let (start, checks) = (ThreadTime.seconds, verifier.signatureChecks)
                isDone = Self.step(&listing, &verifier)
                steps.append(ThreadTime.seconds - start)
                // One more row may be under way, with a signature for each part of it.
                #expect(verifier.signatureChecks - checks <= 503, "look \(look)")
            }
            let (sum, most) = (steps.reduce(0, +), steps.max() ?? 0)
            #expect(listing.chosen?.address.description == "true.cern.ch:21001", "look \(look)")
            #expect(sum <= limit, "look \(look)")
            #expect(most <= limit / 5, "look \(look)")
            #expect(listing.skipped.count <= 1000, "look \(look)")
        }
        // What was found out in the first look costs the second nothing: it looks at the true proof alone.
        #expect(verifier.signatureChecks <= 10_004)
    }

    @Test("a look ends after 12,000 signatures, and the next goes on where it ended")
    func leavesTheRest() throws {
        let world = SignedWorld()
        let answer = try SignedWorld.answer(try Self.rows(.sameMaster, 13_000, world))
        var verifier = TicketVerifier(trustedKeys: try TrustedKeys([world.vo.publicKey]))
        for (isFound, checks) in [(false, 12_000...12_003), (true, 13_003...13_004)] as [(Bool, ClosedRange<UInt64>)] {
            var listing = Self.listing(answer)
            while !Self.step(&listing, &verifier) {}
            #expect((listing.chosen != nil) == isFound)
            #expect(checks.contains(verifier.signatureChecks), "\(verifier.signatureChecks)")
        }
    }

    private static func listing(_ answer: RepositoryAnswer) -> MasterListing {
        MasterListing(answer, policy: MasterListing.Policy(allowsUnsigned: false, wallClock: SignedWorld.now * 1000))
    }

    private static func step(_ listing: inout MasterListing, _ verifier: inout TicketVerifier) -> Bool {
        listing.step(&verifier, selection: MasterSelection(watcherID: 1), at: .start, random: UInt64.max / 3)
    }

    private static func rows(_ forgery: Forgery, _ count: Int, _ world: SignedWorld) throws -> [SignedWorld.Row] {
        let good = try world.signed(world.content())
        let chain = try world.ticket().description.split(separator: "~")
        let strangers = try Self.strangersTicket(world)
        var rows: [SignedWorld.Row] = []
        for index in 0..<count {
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
