import PoDCore
@testable import PoDTickets

extension FuzzTarget {
    /// The payload of a proof, signed by the key of a session with a good ticket.
    static let proof = FuzzTarget(name: "proof", about: "what a signed advertisement says") { bytes in
        let keys = FuzzKeys.shared
        let proof = try FuzzKeys.sign(
            header: CompactJWS.Kind.advertisement.header, payload: bytes, with: keys.session)
        let node = try MasterJobID(parsing: FuzzKeys.masterJobID)
        let unverified = try UnverifiedAdvertisement(
            node: node, ticket: keys.sessionTicket.description, proof: proof, at: FuzzKeys.now)
        var verifier = keys.verifier
        let content = try verifier.verify(unverified, at: FuzzKeys.now).content
        Promise.areEqual(node, content.masterJobID, "the master's id")
        Promise.holds((0...100).contains(content.wanted), "no more workers than the ticket allows")
        Promise.holds((content.offer == nil) == (content.wanted == 0), "an offer wants workers")
        Promise.holds((0...1).contains(content.share), "Share is in its range")
        if let address = content.offer?.address {
            Promise.areEqual(address, try? Address(parsing: address.description), "the address")
        }
        if let payload = try? content.payload() {
            Promise.areEqual(content, try? AdvertisementContent(payload: Array(payload.text.utf8)), "a proof")
        } else {
            // Read, though never written so: there is no room for the digits.
            Promise.holds(content.share < 1e-20, "a proof can be written")
        }
    }
}
