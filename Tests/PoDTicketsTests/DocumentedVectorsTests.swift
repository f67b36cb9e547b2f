import Foundation
import PoDTickets
import Testing

/// The test vectors of docs/tickets.md are what the code makes.
@Suite struct DocumentedVectorsTests {
    @Test func areWhatTheCodeMakes() throws {
        let world = TicketWorld()
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/tickets.md"), encoding: .utf8)
        // Long texts are broken into lines there.
        let text = page.filter { !$0.isWhitespace }
        let advertisement = try world.advertisement()
        let session = try #require(advertisement.ticket.description.split(separator: "~").first)
        for vector in [
            world.vo.publicKey.description, world.user.publicKey.description, world.session.publicKey.description,
            world.vo.publicKey.thumbprint.description, try world.userTicket().description, String(session),
            advertisement.proof,
        ] {
            #expect(text.contains(vector), "docs/tickets.md lacks \(vector)")
        }
    }
}
