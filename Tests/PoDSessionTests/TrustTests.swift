import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import PoDTickets
import Testing

/// Who is given a slot, and what a master signs, message by message.
@Suite struct TrustTests {
    private static let now = NumericDate(secondsSince1970: 1_795_600_600)
    private static let site = Self.key(1)
    private static let session = Self.key(2)
    private static let worker = Self.key(3)
    private static let stranger = Self.key(4)

    private static func key(_ byte: UInt8) -> SigningKey { try! SigningKey(seed: Array(repeating: byte, count: 32)) }

    private static func ticket(
        _ role: Ticket.Role = .worker, from: Int64 = -60, lifetime: Int64 = 3600, workers: Int? = nil,
        holder: SigningKey = Self.worker, signedBy signer: SigningKey = Self.site
    ) throws -> String {
        try TicketChain(
            issuing: Ticket(
                subject: "ALICE::CERN::LCG", role: role, notBefore: self.now.advanced(bySeconds: from),
                expires: self.now.advanced(bySeconds: from + lifetime), workers: workers, holder: holder.publicKey),
            with: signer
        ).description
    }

    /// A machine, and the connections that it has had.
    struct World {
        var machine: MasterMachine
        var clock = ManualClock()
        private var connections: MasterMachine.ConnectionID = 0

        init(workers: Int = 4, allowsUnsigned: Bool = false, ticket: SessionTicket? = nil) throws {
            let settings = MasterMachine.Settings(
                masterJobID: try MasterJobID(parsing: "77"), address: try Address(parsing: "127.0.0.1:20000"),
                workers: workers,
                admission: try WorkerAdmission(
                    trusting: try TrustedKeys([TrustTests.site.publicKey]), session: TrustTests.session.publicKey,
                    allowsUnsigned: allowsUnsigned))
            self.machine = MasterMachine(settings, epoch: 5, at: .start)
            self.machine.date = TrustTests.now
            self.machine.ticket = ticket
        }

        /// Claims on a new connection.
        ///
        /// - Returns: The lease, or how it was refused.
        mutating func claim(
            _ number: UInt64, by key: SigningKey = TrustTests.worker, ticket: String?
        ) throws -> Result<LeaseID, Refusal> {
            self.connections += 1
            let now = self.clock.now
            _ = self.machine.opened(self.connections, by: key.publicKey.thumbprint, at: now)
            _ = self.machine.received(
                .hello(protocolName: "alien-pod/1", version: "9"), from: self.connections, at: now)
            let outputs = self.machine.received(
                .claim(
                    Claim(
                        id: ClaimID(high: 0, low: number), masterJobID: try MasterJobID(parsing: "77"), host: "wn",
                        pid: 1, ticket: ticket)), from: self.connections, at: now)
            for output in outputs {
                switch output {
                case .tellTerms(let lease, _, _, _): return .success(lease)
                case .send(.refused(let code, let reason), _):
                    return .failure(Refusal(code: code, reason: reason))
                default: break
                }
            }
            throw TestKitError("no answer in \(outputs)")
        }
    }

    struct Refusal: Error {
        let code: RefusalReason
        let reason: String
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var key: SigningKey = TrustTests.worker
        let ticket: String?
        let code: RefusalReason
        let reason: String
    }

    static let refused: [Case] = try! [
        Case(testDescription: "none", ticket: nil, code: .forbidden, reason: "expected a worker's ticket"),
        Case(testDescription: "not one", ticket: "abc", code: .forbidden, reason: "expected three parts"),
        Case(
            testDescription: "of another key, as one that was overheard", key: stranger, ticket: ticket(),
            code: .forbidden, reason: "given to another key than the certificate's"),
        Case(
            testDescription: "a stranger's", ticket: ticket(signedBy: stranger), code: .forbidden,
            reason: "signed by none of the 2 trusted keys"),
        Case(
            testDescription: "a master's", ticket: ticket(.master), code: .forbidden,
            reason: "expected one for a worker, found one for a master"),
        Case(
            testDescription: "a user's", ticket: ticket(.user), code: .forbidden,
            reason: "expected one for a worker, found one for a user"),
        Case(
            testDescription: "expired", ticket: ticket(from: -4000, lifetime: 3600), code: .tryLater,
            reason: "expired"),
        Case(testDescription: "not yet valid", ticket: ticket(from: 400), code: .tryLater, reason: "begins in"),
        Case(
            testDescription: "that a worker has signed for another", ticket: ticket(signedBy: worker), code: .forbidden,
            reason: "signed by none of the 2 trusted keys"),
    ]

    @Test("a ticket that gives no slot", arguments: Self.refused)
    func refuses(_ one: Case) throws {
        var world = try World()
        guard case .failure(let refusal) = try world.claim(1, by: one.key, ticket: one.ticket) else {
            Issue.record("a slot was given")
            return
        }
        #expect(refusal.code == one.code)
        #expect(refusal.reason.contains(one.reason), "\(refusal.reason)")
        #expect(world.machine.status.workers.leased == 0)
    }

    @Test("a site's ticket gives slots, and so does one that the session's key has signed")
    func admits() throws {
        var world = try World()
        #expect(throws: Never.self) { try world.claim(1, ticket: Self.ticket()).get() }
        #expect(throws: Never.self) { try world.claim(2, ticket: Self.ticket(signedBy: Self.session)).get() }
        #expect(world.machine.status.workers.leased == 2)
    }

    @Test("without a ticket only where that is asked for")
    func unsigned() throws {
        var world = try World(allowsUnsigned: true)
        #expect(throws: Never.self) { try world.claim(1, ticket: nil).get() }
        // A ticket that is shown has to be right even so.
        #expect(throws: Refusal.self) { try world.claim(2, ticket: Self.ticket(signedBy: Self.stranger)).get() }
    }

    @Test("a ticket is for as many workers as it says")
    func countsWorkers() throws {
        var world = try World(workers: 10)
        let ticket = try Self.ticket(workers: 2, signedBy: Self.session)
        for number in 1...2 as ClosedRange<UInt64> {
            #expect(throws: Never.self) { try world.claim(number, ticket: ticket).get() }
        }
        guard case .failure(let refusal) = try world.claim(3, ticket: ticket) else {
            Issue.record("a third slot was given")
            return
        }
        #expect(refusal.code == .fullOrGone)
    }

    @Test("who holds a site's ticket and never registers leaves half of the slots to others")
    func leavesHalf() throws {
        var world = try World(workers: 20)
        let ticket = try Self.ticket()
        var given = 0
        for number in 1...20 as ClosedRange<UInt64> {
            if case .success = try world.claim(number, ticket: ticket) { given += 1 }
        }
        #expect(given == 10)
        let other = try Self.ticket(holder: Self.stranger)
        #expect(throws: Never.self) { try world.claim(99, by: Self.stranger, ticket: other).get() }
    }

    @Test("a ticket that expires in the session: the worker keeps its slot and comes back to it, others don't come")
    func expiresMeanwhile() throws {
        var world = try World()
        let ticket = try Self.ticket()
        let lease = try world.claim(1, ticket: ticket).get()
        world.machine.date = Self.now.advanced(bySeconds: 8000)
        #expect(try world.claim(1, ticket: ticket).get() == lease)
        #expect(throws: Refusal.self) { try world.claim(2, ticket: ticket).get() }
        let renewed = try Self.ticket(from: 7000)
        #expect(throws: Never.self) { try world.claim(2, ticket: renewed).get() }
    }

    @Test("a key that is revoked loses its slots, gets none, and does not come back")
    func revoked() throws {
        var world = try World()
        let ticket = try Self.ticket()
        let lease = try world.claim(1, ticket: ticket).get()
        let outputs = world.machine.revoke(
            RevokedKeys([Self.worker.publicKey.thumbprint]), at: world.clock.now)
        #expect(outputs.contains(.leaseOver(lease)))
        #expect(world.machine.status.workers.leased == 0)
        for number in 1...2 as ClosedRange<UInt64> {
            #expect(throws: Refusal.self) { try world.claim(number, ticket: ticket).get() }
        }
        // The site's own key.
        world.machine.admission.revoked = RevokedKeys([Self.site.publicKey.thumbprint])
        #expect(throws: Refusal.self) { try world.claim(3, ticket: ticket).get() }
        // Where no ticket is needed, either.
        var open = try World(allowsUnsigned: true)
        open.machine.admission.revoked = RevokedKeys([Self.worker.publicKey.thumbprint])
        #expect(throws: Refusal.self) { try open.claim(1, ticket: nil).get() }
    }

    // MARK: - What is signed

    private static func sessionTicket(lifetime: Int64 = 3600, workers: Int? = nil) throws -> SessionTicket {
        try SessionTicket(
            try self.ticket(.master, lifetime: lifetime, workers: workers, holder: self.session), key: self.session)
    }

    private static func verified(_ machine: MasterMachine) throws -> VerifiedAdvertisement {
        let texts = Dictionary(
            machine.status.parameters.compactMap { parameter -> (String, String)? in
                guard case .string(let text) = parameter.value else { return nil }
                return (parameter.name, text)
            }, uniquingKeysWith: { first, _ in first })
        return try VerifiedAdvertisement(
            verifying: try MasterJobID(parsing: "77"), ticket: texts["Ticket"], proof: texts["Proof"],
            trustedKeys: try TrustedKeys([self.site.publicKey]), at: self.now)
    }

    @Test("a master with a ticket signs what it says: its offer and its withdrawal")
    func signs() throws {
        var world = try World(workers: 1, ticket: Self.sessionTicket())
        _ = world.machine.tick(at: world.clock.now)
        let offer = try Self.verified(world.machine)
        #expect(offer.content.offer?.address.description == "127.0.0.1:20000")
        #expect(offer.content.wanted == 1)
        #expect(offer.content.issuedAt == Self.now)
        #expect(offer.sessionKey == Self.session.publicKey)
        _ = try world.claim(1, ticket: Self.ticket()).get()
        _ = world.machine.tick(at: world.clock.now)
        let withdrawal = try Self.verified(world.machine)
        #expect(withdrawal.content.offer == nil)
        #expect(withdrawal.content.order > offer.content.order)
    }

    @Test("a session never wants more than its ticket is for")
    func wantsNoMore() throws {
        var world = try World(workers: 4, ticket: Self.sessionTicket(workers: 3))
        _ = world.machine.tick(at: world.clock.now)
        #expect(try Self.verified(world.machine).content.wanted == 3)
    }

    @Test("when the session's ticket has expired nothing is said, rather than something unsigned, and nobody new comes")
    func silentWhenExpired() throws {
        var world = try World(ticket: Self.sessionTicket(lifetime: 100))
        let lease = try world.claim(1, ticket: Self.ticket()).get()
        world.machine.date = Self.now.advanced(bySeconds: 60)
        let outputs = world.machine.tick(at: world.clock.now)
        #expect(world.machine.status.parameters.isEmpty)
        #expect(outputs.contains { if case .trouble(let text) = $0 { text.contains("expired") } else { false } })
        guard case .failure(let refusal) = try world.claim(2, ticket: Self.ticket()) else {
            Issue.record("a slot was given")
            return
        }
        #expect(refusal.code == .tryLater)
        #expect(try world.claim(1, ticket: Self.ticket()).get() == lease)
        world.machine.ticket = try Self.sessionTicket(lifetime: 7200)
        #expect(throws: Never.self) { try world.claim(2, ticket: Self.ticket()).get() }
    }

    @Test("a ticket that nobody would believe this master for is refused at its start")
    func refusesTickets() throws {
        let others = [
            try Self.ticket(.worker, holder: Self.session), try Self.ticket(.master, holder: Self.stranger), "x",
        ]
        for text in others {
            #expect(throws: SessionError.self) { try SessionTicket(text, key: Self.session) }
        }
    }
}
