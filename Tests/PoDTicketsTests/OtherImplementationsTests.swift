import Foundation
import PoDCore
import PoDTestKit
import PoDTickets
import Testing

/// Python's `cryptography` and `joserfc` verify ours, and we theirs.
@Suite(.timeLimit(.minutes(10))) struct OtherImplementationsTests {
    @Test func agreeWithOurs() async throws {
        let world = TicketWorld()
        let fixtures = try FixtureDirectory(in: .module)
        let theirs = TicketWorld.key(77)
        let userTicket = try world.userTicket().description
        let advertisement = try world.advertisement()
        let forged = try TicketWorld.compact(payload: world.userTicket().ticket.json.text, key: world.stranger)
        let ours = JSONValue.object([
            .init(name: "vo", value: world.vo.publicKey.jwk),
            .init(name: "user", value: world.user.publicKey.jwk),
            .init(name: "session", value: world.session.publicKey.jwk),
            .init(name: "thumbprint", value: .string(world.vo.publicKey.thumbprint.description)),
            .init(name: "userTicket", value: .string(userTicket)),
            .init(name: "sessionTicket", value: .string(advertisement.ticket.description)),
            .init(name: "proof", value: .string(advertisement.proof)),
            .init(name: "spoiled", value: .array([.string(forged), .string(advertisement.proof)])),
            .init(name: "seed", value: .string(String(repeating: "4d", count: 32))),
        ])

        try await TemporaryDirectory.with { directory in
            try Data(ours.text.utf8).write(to: directory.appendingPathComponent("ours.json"))
            try SigningKeyFile.create(directory.appendingPathComponent("ours.pem").path, theirs)
            let python = try await Self.run(
                "python3", [fixtures.url.appendingPathComponent("jose_environment.py").path])
            let line = try await Self.run(
                python, [fixtures.url.appendingPathComponent("jose.py").path, directory.path])
            let answer = try JSONValue(parsing: Array(line.utf8))

            #expect(answer["isChainOfUserTicket"] == .bool(true))
            for (name, ticket) in [
                ("userTicket", try world.userTicket().ticket), ("session", advertisement.ticket.ticket),
            ] {
                let read = try #require(answer[name]?.array)
                #expect(read == [ticket.json, ticket.json])
            }
            let proof = try #require(answer["proof"]?.array?.first)
            #expect(answer["proof"]?.array == [proof, proof])
            #expect(proof["address"]?.string == "wn123.cern.ch:21001")
            #expect(proof["share"]?.string == "0.000123")

            let path = directory.appendingPathComponent("theirs.pem").path
            #expect(try SigningKeyFile.read(path).publicKey == theirs.publicKey)
            try Self.verify(answer, signedBy: theirs)
        }
    }

    private static func verify(_ answer: JSONValue, signedBy theirs: SigningKey) throws {
        let world = TicketWorld()
        let tickets = try #require(answer["theirs"]?.array).compactMap(\.string)
        try #require(tickets.count == 2)
        for ticket in tickets {
            var verifier = TicketVerifier(trustedKeys: try TrustedKeys([theirs.publicKey]))
            let verified = try verifier.verify(ticket, as: .user, at: world.now)
            #expect(verified.ticket == (try world.userTicket().ticket))
            #expect(throws: TicketError.self) {
                var verifier = world.verifier
                _ = try verifier.verify(ticket, as: .user, at: world.now)
            }
        }
        // A session whose key is theirs.
        let session = try TicketChain(
            issuing: Ticket(
                subject: "s", role: .master, notBefore: TicketWorld.date(0), expires: TicketWorld.date(3600),
                holder: theirs.publicKey),
            with: world.vo)
        let proofs = try #require(answer["theirProofs"]?.array).compactMap(\.string)
        try #require(proofs.count == 2)
        for proof in proofs {
            let verified = try VerifiedAdvertisement(
                verifying: TicketWorld.masterJobID, ticket: session.description, proof: proof,
                trustedKeys: world.trusted, at: world.now)
            #expect(verified.content == (try world.content()))
        }
    }

    /// - Returns: The last line of what it prints.
    private static func run(_ program: String, _ arguments: [String]) async throws -> String {
        try await ChildProcess.run(program, arguments: arguments) { child in
            var last = ""
            while let line = try await child.nextLine(within: .seconds(240)) {
                last = line
            }
            let ending = try await child.ending()
            try #require(ending == .exited(code: 0), "\(program) \(arguments): \(child.errorText)")
            return last
        }
    }
}
