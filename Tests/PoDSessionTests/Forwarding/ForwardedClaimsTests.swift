import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import PoDTickets
import Testing

/// How a master finds out how each worker is reached, message by message.
@Suite struct ForwardedClaimsTests {
    private typealias ID = MasterMachine.ConnectionID
    private typealias Output = MasterMachine.Output

    private var clock = ManualClock()
    private var machine: MasterMachine

    init() throws {
        self.machine = try Self.machine(.auto)
    }

    private static func machine(
        _ mode: ForwardingMode, authenticates: Bool = true, probesAtOnce: Int = 128, ports: [LeaseID: UInt16] = [:],
        restoring granted: [SlotLedger.Granted] = []
    ) throws -> MasterMachine {
        var settings = MasterMachine.Settings(
            masterJobID: try MasterJobID(parsing: "77"), address: try Address(parsing: "127.0.0.1:20000"),
            workers: 1000, admission: try .anybody())
        settings.forwarding = ForwardingRule(mode, authenticatesPeers: authenticates)
        settings.probeLimits.atOnce = probesAtOnce
        return MasterMachine(settings, epoch: 5, restoring: granted, forwardedBy: ports, at: .start)
    }

    private static func lease(_ number: UInt64) -> LeaseID { LeaseID(epoch: 5, number: number) }

    /// The key of a worker.
    private static func key(_ number: UInt64) throws -> KeyThumbprint {
        let seed = Array(repeating: UInt8(truncatingIfNeeded: number), count: 31) + [UInt8(number >> 8)]
        return try SigningKey(seed: seed).publicKey.thumbprint
    }

    private static func claim(_ number: UInt64, reaches: Bool = true) throws -> Claim {
        Claim(
            id: ClaimID(high: 0, low: number), masterJobID: try MasterJobID(parsing: "77"), host: "wn", pid: 1,
            reach: reaches ? Claim.Reach(port: 20001, nonce: StreamSecret(bits: UInt128(number))) : nil)
    }

    /// Of worker `number`, at its own address.
    private static func probe(_ number: UInt64) throws -> ReachProbe {
        ReachProbe(
            address: try Address(host: "192.0.2.\(number)", port: 20001), nonce: StreamSecret(bits: UInt128(number)))
    }

    /// The look for worker `number`, which came on a connection.
    private static func look(_ number: UInt64, _ id: ID) throws -> Output {
        .probe(try self.probe(number), of: id, within: .seconds(2))
    }

    private static func contact(_ port: Int = 20017) throws -> Address {
        try Address(host: "master.example.org", port: port)
    }

    /// What matters here of what comes out.
    private static func relevant(_ outputs: [Output]) -> [Output] {
        outputs.filter {
            switch $0 {
            case .note, .workersChanged, .granted, .failed: false
            case .send(.hello, _): false
            default: true
            }
        }
    }

    /// Worker `number` connects and claims.
    private mutating func claims(_ number: UInt64, on id: ID, reaches: Bool = true) throws -> [Output] {
        let source = try Address(host: "192.0.2.\(number % 250)", port: 41000)
        _ = self.machine.opened(id, by: try Self.key(number), from: source, at: self.clock.now)
        let hello = ControlMessage.hello(protocolName: "alien-pod/1", version: "9")
        _ = self.machine.received(hello, from: id, at: self.clock.now)
        let claim = ControlMessage.claim(try Self.claim(number, reaches: reaches))
        return Self.relevant(self.machine.received(claim, from: id, at: self.clock.now))
    }

    private mutating func probed(_ id: ID, _ isMet: Bool) -> [Output] {
        Self.relevant(self.machine.probed(id, isMet: isMet, at: self.clock.now))
    }

    private mutating func opened(_ lease: LeaseID, _ contact: Address) -> [Output] {
        Self.relevant(self.machine.portOpened(lease, contact: contact, at: self.clock.now))
    }

    private static func openPort(_ number: UInt64) throws -> Output {
        .openPort(self.lease(number), of: try self.key(number), kept: nil)
    }

    // MARK: - One worker

    @Test("one that is met gets its terms, and is reached directly")
    mutating func met() throws {
        #expect(try self.claims(1, on: 1) == [try Self.look(1, 1)])
        #expect(self.probed(1, true) == [.tellTerms(Self.lease(1), try Self.claim(1), .direct, to: 1)])
        #expect(self.probed(1, true).isEmpty)
        #expect(!self.machine.isForwarded(Self.lease(1)))
    }

    @Test("one that is not met gets a port first, then its terms; the head daemon is told port and peer")
    mutating func notMet() throws {
        _ = try self.claims(1, on: 1)
        #expect(self.probed(1, false) == [try Self.openPort(1)])
        let terms = Output.tellTerms(Self.lease(1), try Self.claim(1), .forwarded(try Self.contact()), to: 1)
        #expect(self.opened(Self.lease(1), try Self.contact()) == [terms])
        #expect(self.machine.isForwarded(Self.lease(1)))
        // Whatever it says itself.
        let registration = Registration(contact: try Address(parsing: "elsewhere:1"), account: "alice")
        _ = self.machine.received(.register(Self.lease(1), registration), from: 1, at: self.clock.now)
        let peer = try Address(parsing: "192.0.2.1:41000")
        #expect(
            self.machine.registered == [
                try RegisteredWorker(user: "alice", route: .forwarded(port: 20017, peer: peer))
            ])
        let secret = StreamSecret(bits: 9)
        #expect(self.machine.tell(.dial(secret), Self.lease(1)) == [.send(.dial(secret), to: 1)])
        let failed = Self.relevant(self.machine.received(.dialFailed(secret), from: 1, at: self.clock.now))
        #expect(failed == [.dialFailed(secret, by: try Self.key(1))])
    }

    @Test("always: a port without a look; never: terms at once")
    mutating func modes() throws {
        self.machine = try Self.machine(.always)
        #expect(try self.claims(1, on: 1) == [try Self.openPort(1)])
        self.machine = try Self.machine(.never)
        #expect(
            try self.claims(1, on: 1) == [.tellTerms(Self.lease(1), try Self.claim(1), .direct, to: 1)])
    }

    @Test("no port to be had: refused, and its slot is free")
    mutating func noPort() throws {
        self.machine = try Self.machine(.always)
        _ = try self.claims(1, on: 1)
        let outputs = Self.relevant(
            self.machine.portFailed(Self.lease(1), reason: "no port", at: self.clock.now))
        #expect(
            outputs == [
                .leaseOver(Self.lease(1)), .send(.refused(.tryLater, reason: "no port"), to: 1), .close(1),
            ])
        #expect(self.machine.status.workers.leased == 0)
        #expect(self.machine.portFailed(Self.lease(1), reason: "no port", at: self.clock.now).isEmpty)
    }

    // MARK: - Meanwhile

    @Test("a worker that disconnects while it is looked for is looked for again when it is back")
    mutating func disconnects() throws {
        _ = try self.claims(1, on: 1)
        _ = self.machine.closed(1, at: self.clock.now)
        #expect(try self.claims(1, on: 2) == [try Self.look(1, 2)])
        // The look of before says nothing any more.
        #expect(self.probed(1, false).isEmpty)
        #expect(self.probed(2, true) == [.tellTerms(Self.lease(1), try Self.claim(1), .direct, to: 2)])
    }

    @Test("a worker that comes back before its old connection has ended")
    mutating func comesBack() throws {
        _ = try self.claims(1, on: 1)
        #expect(try self.claims(1, on: 2) == [.close(1), try Self.look(1, 2)])
        #expect(self.probed(1, true).isEmpty)
        #expect(self.machine.closed(1, at: self.clock.now).isEmpty)
        #expect(self.probed(2, false) == [try Self.openPort(1)])
    }

    @Test("a worker that comes back while its port is opened gets that port, once")
    mutating func comesBackToItsPort() throws {
        _ = try self.claims(1, on: 1)
        _ = self.probed(1, false)
        _ = self.machine.closed(1, at: self.clock.now)
        #expect(try self.claims(1, on: 2).isEmpty)
        let route = WorkerRoutes.Route.forwarded(try Self.contact())
        #expect(
            self.opened(Self.lease(1), try Self.contact())
                == [.tellTerms(Self.lease(1), try Self.claim(1), route, to: 2)])
        // And the same when its terms were lost on the way.
        _ = self.machine.closed(2, at: self.clock.now)
        #expect(try self.claims(1, on: 3) == [.tellTerms(Self.lease(1), try Self.claim(1), route, to: 3)])
    }

    @Test("a lease that ends while its worker is looked for, or while its port is opened")
    mutating func leaseEnds() throws {
        _ = try self.claims(1, on: 1)
        _ = try self.claims(2, on: 2)
        #expect(self.probed(2, false) == [try Self.openPort(2)])
        self.clock.advance(by: .seconds(121))
        _ = self.machine.tick(at: self.clock.now)
        #expect(self.machine.status.workers.leased == 0)
        #expect(self.probed(1, true).isEmpty)
        #expect(self.opened(Self.lease(2), try Self.contact()).isEmpty)
        #expect(!self.machine.isForwarded(Self.lease(2)))
    }

    @Test("who is to leave before it has its terms is told after them")
    mutating func leaves() throws {
        _ = try self.claims(1, on: 1)
        _ = self.machine.want(0, at: self.clock.now)
        #expect(
            self.probed(1, true) == [
                .tellTerms(Self.lease(1), try Self.claim(1), .direct, to: 1),
                .send(.stop(reason: "fewer workers are wanted"), to: 1),
            ])
    }

    @Test("a grant that could not be kept in the journal takes no place among those who are looked for")
    mutating func notKept() throws {
        self.machine = try Self.machine(.auto, probesAtOnce: 1)
        #expect(try self.claims(1, on: 1) == [try Self.look(1, 1)])
        _ = self.machine.refuse(Self.lease(1), .tryLater, reason: "no journal", at: self.clock.now)
        #expect(try self.claims(2, on: 2) == [try Self.look(2, 2)])
    }

    // MARK: - Many

    @Test("many at once: a few are looked for, nobody waits for another's terms, and who waits too long is forwarded")
    mutating func many() throws {
        self.machine = try Self.machine(.auto, probesAtOnce: 2)
        for number in 1...200 as ClosedRange<UInt64> {
            let outputs = try self.claims(number, on: number)
            #expect(outputs == (number <= 2 ? [try Self.look(number, number)] : []))
        }
        #expect(self.machine.status.workers.leased == 200)
        // One that listens nowhere is behind nobody.
        #expect(try self.claims(201, on: 201, reaches: false) == [try Self.openPort(201)])
        // Each look that ends begins the next one.
        #expect(
            self.probed(2, true) == [
                .tellTerms(Self.lease(2), try Self.claim(2), .direct, to: 2), try Self.look(3, 3),
            ])
        // Who is gone is left out.
        _ = self.machine.closed(4, at: self.clock.now)
        #expect(self.probed(1, false) == [try Self.openPort(1), try Self.look(5, 5)])

        self.clock.advance(by: .seconds(10))
        let outputs = Self.relevant(self.machine.tick(at: self.clock.now))
        let late = outputs.filter { if case .openPort = $0 { true } else { false } }
        #expect(late == (try (6...200 as ClosedRange<UInt64>).map { try Self.openPort($0) }))
        #expect(self.probed(3, true) == [.tellTerms(Self.lease(3), try Self.claim(3), .direct, to: 3)])
    }

    // MARK: - A master that is started again

    private static let old = LeaseID(epoch: 4, number: 1)

    private static func granted() throws -> SlotLedger.Granted {
        SlotLedger.Granted(id: self.old, claim: ClaimID(high: 0, low: 1), holder: try self.key(1).description)
    }

    @Test("the ports of before are opened again, and a worker that is back early waits for its own")
    mutating func keptPort() throws {
        let ports = [Self.old: UInt16(20017)]
        self.machine = try Self.machine(.never, ports: ports, restoring: [try Self.granted()])
        #expect(self.machine.openKeptPorts(ports) == [.openPort(Self.old, of: try Self.key(1), kept: 20017)])
        #expect(try self.claims(1, on: 1, reaches: false).isEmpty)
        let terms = Output.tellTerms(
            Self.old, try Self.claim(1, reaches: false), .forwarded(try Self.contact()), to: 1)
        #expect(self.opened(Self.old, try Self.contact()) == [terms])
    }

    @Test("a port of before that is another's now: its worker, back or not, gets another lease and its daemon ends")
    mutating func lostPort() throws {
        let ports = [Self.old: UInt16(20017)]
        self.machine = try Self.machine(.never, ports: ports, restoring: [try Self.granted()])
        let outputs = Self.relevant(self.machine.portFailed(Self.old, reason: "taken", at: self.clock.now))
        #expect(outputs == [.leaseOver(Self.old)])
        #expect(
            try self.claims(1, on: 1, reaches: false) == [
                .tellTerms(Self.lease(1), try Self.claim(1, reaches: false), .direct, to: 1)
            ])
    }

    @Test("a worker of before without a port goes on as it was, unless it never had its terms")
    mutating func keptDirect() throws {
        self.machine = try Self.machine(.always, restoring: [try Self.granted()])
        #expect(
            try self.claims(1, on: 1, reaches: false) == [
                .tellTerms(Self.old, try Self.claim(1, reaches: false), .direct, to: 1)
            ])
        self.machine = try Self.machine(.always, restoring: [try Self.granted()])
        #expect(
            try self.claims(1, on: 1) == [.openPort(Self.old, of: try Self.key(1), kept: nil)])
    }
}
