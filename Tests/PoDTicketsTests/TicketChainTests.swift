import PoDCore
import PoDTickets
import Testing

/// `session~user`: what a user may hand on.
@Suite struct TicketChainTests {
    @Test func takesASessionOfAUser() throws {
        let world = TicketWorld()
        let chain = try world.sessionTicket()
        #expect(chain.description.split(separator: "~").count == 2)
        #expect(try TicketChain(parsing: chain.description) == chain)
        var verifier = world.verifier
        let verified = try verifier.verify(chain.description, as: .master, at: world.now)
        #expect(verified.chain == chain)
        #expect(verified.owner == "aliprod")
        #expect(verified.ticket.subject == "0123456789abcdef")
        #expect(verified.ticket.holder == world.session.publicKey)
        #expect(verified.trustedKey == world.vo.publicKey)
    }

    @Test func takesAMasterOfTheTrustedKeyItself() throws {
        let world = TicketWorld()
        let chain = try TicketChain(
            issuing: Ticket(
                subject: "s", role: .master, notBefore: TicketWorld.date(0), expires: TicketWorld.date(3600),
                holder: world.session.publicKey),
            with: world.vo)
        var verifier = world.verifier
        #expect(try verifier.verify(chain.description, as: .master, at: world.now).owner == "s")
    }

    /// A session's claims under a user's; `nil` where the chain is good.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var userRole = "user"
        var userWorkers: String? = "500"
        var role = "master"
        var workers: String? = "100"
        var notBefore: Int64 = 60
        var expires: Int64 = 43200
        var code: TicketError.Code? = .widened
    }

    private static let cases: [Case] = [
        Case(testDescription: "less of everything", code: nil),
        Case(testDescription: "all that the user has", workers: "500", notBefore: 0, expires: 604_800, code: nil),
        Case(testDescription: "no limit under none", userWorkers: nil, workers: nil, code: nil),
        Case(testDescription: "a limit under none", userWorkers: nil, code: nil),
        Case(testDescription: "one worker more", workers: "501"),
        Case(testDescription: "no limit under one", workers: nil),
        Case(testDescription: "expires a second later", expires: 604_801),
        Case(testDescription: "begins a second earlier", notBefore: -1),
        Case(testDescription: "a user of a user", role: "user"),
        Case(testDescription: "a worker of a user", role: "worker"),
        Case(testDescription: "a master of a master", userRole: "master"),
        Case(testDescription: "a master of a worker", userRole: "worker"),
        Case(testDescription: "a worker of a worker", userRole: "worker", role: "worker"),
    ]

    @Test(arguments: Self.cases)
    func narrowsOnly(_ story: Case) throws {
        let world = TicketWorld()
        let user = Self.payload(
            "aliprod", story.userRole, 0, 604_800, story.userWorkers, world.user.publicKey)
        let session = Self.payload(
            "s", story.role, story.notBefore, story.expires, story.workers, world.session.publicKey)
        let text = try [(session, world.user), (user, world.vo)]
            .map { try TicketWorld.compact(payload: $0.0, key: $0.1) }.joined(separator: "~")
        let role = try #require(Ticket.Role(rawValue: story.role))
        var verifier = world.verifier
        Self.expect(story.code) { () throws(TicketError) in try verifier.verify(text, as: role, at: world.now) }

        // Nor can it be issued.
        let signing = try TicketChain(parsing: try TicketWorld.compact(payload: user, key: world.vo))
        let ticket = try TicketChain(parsing: text).ticket
        Self.expect(story.code) { () throws(TicketError) in
            try TicketChain(issuing: ticket, with: world.user, signingTicket: signing)
        }
    }

    @Test func hasNoThirdTicket() throws {
        let world = TicketWorld()
        let chain = try world.sessionTicket()
        let error = #expect(throws: TicketError.self) {
            try TicketChain(issuing: chain.ticket, with: world.session, signingTicket: chain)
        }
        #expect(error?.code == .widened)
    }

    @Test func isSignedByTheHolderOfTheTicketAfterIt() throws {
        let world = TicketWorld()
        let chain = try world.sessionTicket()
        let error = #expect(throws: TicketError.self) {
            try TicketChain(issuing: chain.ticket, with: world.stranger, signingTicket: world.userTicket())
        }
        #expect(error?.code == .wrongKey)

        let user = try world.userTicket().description
        let session = try #require(chain.description.split(separator: "~").first).description
        let forged = try TicketWorld.compact(payload: chain.ticket.json.text, key: world.stranger)
        let byVO = try TicketWorld.compact(payload: chain.ticket.json.text, key: world.vo)
        let otherUser = try TicketWorld.compact(
            payload: Self.payload("aliprod", "user", 0, 604_800, "500", world.stranger.publicKey), key: world.vo)
        let untrustedUser = try TicketWorld.compact(
            payload: Self.payload("aliprod", "user", 0, 604_800, "500", world.user.publicKey), key: world.stranger)
        let texts: [(String, TicketError.Code)] = [
            ("\(forged)~\(user)", .wrongSignature), ("\(byVO)~\(user)", .wrongSignature),
            ("\(session)~\(otherUser)", .wrongSignature), ("\(session)~\(untrustedUser)", .untrusted),
            (session, .untrusted), ("\(user)~\(session)", .widened), ("\(session)~\(session)", .widened),
            ("\(user)~\(user)", .widened),
        ]
        for (text, code) in texts {
            var verifier = world.verifier
            for role in Ticket.Role.allCases where text.hasPrefix(user) == (role == .user) && role != .worker {
                Self.expect(code) { () throws(TicketError) in try verifier.verify(text, as: role, at: world.now) }
            }
        }
    }

    @Test func isForOneRole() throws {
        let world = TicketWorld()
        let tickets = [
            (Ticket.Role.user, try world.userTicket()), (.master, try world.sessionTicket()),
            (.worker, try world.workerTicket()),
        ]
        var verifier = world.verifier
        for _ in 0..<2 {
            for (role, chain) in tickets {
                for wanted in Ticket.Role.allCases {
                    Self.expect(role == wanted ? nil : .wrongRole) { () throws(TicketError) in
                        try verifier.verify(chain.description, as: wanted, at: world.now)
                    }
                }
            }
        }
    }

    @Test func isOverWhenEitherTicketIs() throws {
        let world = TicketWorld()
        let chain = try world.sessionTicket()
        var verifier = world.verifier
        let times: [(Int64, TicketError.Code?)] = [
            (-241, .notYetValid), (-240, nil), (43499, nil), (43500, .expired), (604_800, .expired),
        ]
        for _ in 0..<2 {
            for (seconds, code) in times {
                Self.expect(code) { () throws(TicketError) in
                    try verifier.verify(chain.description, as: .master, at: TicketWorld.date(seconds))
                }
            }
        }
    }

    @Test func refusesValuesOutOfRange() {
        let world = TicketWorld()
        let values: [(String, Int?, Int64)] = [
            ("", nil, 1), ("s", 0, 1), ("s", 1_000_001, 1), ("s", nil, 0), ("\n", 1, 1),
        ]
        for (subject, workers, lifetime) in values {
            let error = #expect(throws: TicketError.self) {
                try Ticket(
                    subject: subject, role: .worker, notBefore: TicketWorld.date(0),
                    expires: TicketWorld.date(lifetime), workers: workers, holder: world.site.publicKey)
            }
            #expect(error?.code == .invalidValue)
        }
    }

    private static func payload(
        _ subject: String, _ role: String, _ notBefore: Int64, _ expires: Int64, _ workers: String?, _ holder: PublicKey
    ) -> String {
        let limit = workers.map { #""workers":\#($0),"# } ?? ""
        return #"{"sub":"\#(subject)","role":"\#(role)","nbf":\#(TicketWorld.begin + notBefore),"#
            + #""exp":\#(TicketWorld.begin + expires),\#(limit)"cnf":{"jwk":\#(holder.jwk.text)}}"#
    }

    private static func expect<Value>(
        _ code: TicketError.Code?, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () throws(TicketError) -> Value
    ) {
        do throws(TicketError) {
            _ = try body()
            #expect(code == nil, sourceLocation: sourceLocation)
        } catch {
            #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        }
    }
}
