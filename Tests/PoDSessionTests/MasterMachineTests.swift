import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTestKit
import PoDTickets
import Testing

/// What a master says to its workers and advertises, message by message.
@Suite struct MasterMachineTests {
    private var clock = ManualClock()
    private var machine: MasterMachine

    init() throws {
        self.machine = try Self.machine(workers: 1)
    }

    private static func machine(workers: Int) throws -> MasterMachine {
        MasterMachine(
            MasterMachine.Settings(
                masterJobID: try MasterJobID(parsing: "77"), address: try Address(parsing: "127.0.0.1:20000"),
                workers: workers, admission: try .anybody()),
            epoch: 5, at: .start)
    }

    private static let hello = ControlMessage.hello(protocolName: "alien-pod/1", version: "9")
    private static let firstLease = LeaseID(epoch: 5, number: 1)
    private static let secondLease = LeaseID(epoch: 5, number: 2)

    private static func claim(_ low: UInt64, master: String = "77") throws -> Claim {
        Claim(id: ClaimID(high: 0, low: low), masterJobID: try MasterJobID(parsing: master), host: "wn", pid: 1)
    }

    /// The key of a peer of that number.
    private static func key(_ number: UInt8) throws -> KeyThumbprint {
        try PublicKey(bytes: SigningKey(seed: Array(repeating: number, count: 32)).publicKey.bytes).thumbprint
    }

    private static func registration() throws -> Registration {
        Registration(contact: try Address(parsing: "wn:20001"), account: "alice")
    }

    private mutating func connect(_ id: MasterMachine.ConnectionID, by key: UInt8 = 1) throws {
        let outputs = self.machine.opened(id, by: try Self.key(key), at: self.clock.now)
        #expect(outputs == [.send(.hello(protocolName: "alien-pod/1", version: Version.current), to: id)])
        #expect(self.machine.received(Self.hello, from: id, at: self.clock.now).isEmpty)
    }

    private mutating func says(_ message: ControlMessage, _ id: MasterMachine.ConnectionID) -> [MasterMachine.Output] {
        self.machine.received(message, from: id, at: self.clock.now).filter {
            switch $0 {
            case .note, .workersChanged, .granted, .leaseOver: false
            default: true
            }
        }
    }

    private mutating func lease(_ claim: UInt64, on id: MasterMachine.ConnectionID) throws {
        try self.connect(id)
        let answer = self.says(.claim(try Self.claim(claim)), id)
        #expect(answer.count == 1)
    }

    @Test("one slot: the first gets it, the second is refused, a repeated claim gets the same lease")
    mutating func oneSlot() throws {
        try self.connect(1)
        #expect(
            self.says(.claim(try Self.claim(1)), 1)
                == [.tellTerms(Self.firstLease, try Self.claim(1), .direct, to: 1)])
        try self.connect(2)
        #expect(
            self.says(.claim(try Self.claim(2)), 2)
                == [.send(.refused(.fullOrGone, reason: "every slot is taken"), to: 2), .close(2)])
        try self.connect(3)
        #expect(
            self.says(.claim(try Self.claim(1)), 3)
                == [.close(1), .tellTerms(Self.firstLease, try Self.claim(1), .direct, to: 3)])
        #expect(self.machine.closed(1, at: self.clock.now).isEmpty)
        #expect(self.says(.register(Self.firstLease, try Self.registration()), 3) == [.send(.registered, to: 3)])
        #expect(self.machine.status.workers == MasterStatus.Workers(wanted: 1, leased: 1, registered: 1))
    }

    @Test("advertises while slots are free, withdraws when enough, then is silent, and starts again on a loss")
    mutating func advertises() throws {
        _ = self.machine.tick(at: self.clock.now)
        #expect(self.machine.status.parameters.contains { $0.name == "Address" })
        let first = self.machine.status.order
        self.clock.advance(by: .seconds(20))
        _ = self.machine.tick(at: self.clock.now)
        #expect(self.machine.status.order > first)

        try self.lease(1, on: 1)
        _ = self.machine.tick(at: self.clock.now)
        #expect(!self.machine.status.parameters.contains { $0.name == "Address" })
        #expect(self.machine.status.parameters.contains { $0.name == "Wanted" })
        for _ in 0..<4 {
            self.clock.advance(by: .seconds(2))
            _ = self.machine.tick(at: self.clock.now)
        }
        #expect(self.machine.status.parameters.isEmpty)

        _ = self.says(.bye(Self.firstLease, code: 0, reason: "over", log: []), 1)
        _ = self.machine.tick(at: self.clock.now)
        #expect(self.machine.status.parameters.contains { $0.name == "Address" })
        #expect(self.machine.isEmpty)
    }

    @Test("a worker that fell silent is told so, and its slot goes to another")
    mutating func silence() throws {
        try self.lease(1, on: 1)
        #expect(self.says(.register(Self.firstLease, try Self.registration()), 1) == [.send(.registered, to: 1)])
        self.clock.advance(by: .seconds(44))
        _ = self.machine.tick(at: self.clock.now)
        #expect(self.machine.status.workers.leased == 1)
        self.clock.advance(by: .seconds(11))
        _ = self.machine.tick(at: self.clock.now)
        #expect(self.machine.status.workers.leased == 0)
        try self.connect(2)
        #expect(
            self.says(.claim(try Self.claim(2)), 2)
                == [.tellTerms(Self.secondLease, try Self.claim(2), .direct, to: 2)])
        #expect(self.says(.heartbeat(Self.firstLease, WorkerHealth(daemon: "ready")), 1) == [.send(.leaseLost, to: 1)])
    }

    @Test("a claim is its claimant's: under another key its id is worth nothing")
    mutating func otherKey() throws {
        try self.lease(1, on: 1)
        try self.connect(2, by: 2)
        #expect(
            self.says(.claim(try Self.claim(1)), 2)
                == [.send(.refused(.forbidden, reason: "the claim is another's"), to: 2), .close(2)])
        #expect(
            self.says(.heartbeat(Self.firstLease, WorkerHealth(daemon: "ready")), 1) == [.send(.acknowledged, to: 1)])
    }

    @Test("a lease whose terms can't be told is taken back, and its slot is free")
    mutating func refused() throws {
        try self.lease(1, on: 1)
        let outputs = self.machine.refuse(
            Self.firstLease, .forbidden, reason: "no request", detail: "none at all", at: self.clock.now)
        #expect(
            outputs == [
                .leaseOver(Self.firstLease), .note("worker 5.1: refused: no request"),
                .failed(Self.firstLease, host: "wn", reason: "no request: none at all", log: []),
                .send(.refused(.forbidden, reason: "no request"), to: 1),
                .close(1),
            ])
        #expect(self.machine.status.workers.leased == 0)
        #expect(self.machine.closed(1, at: self.clock.now).isEmpty)
        #expect(self.machine.isEmpty)
    }

    @Test("the head daemon is told of registered workers, while they are there")
    mutating func registrations() throws {
        try self.lease(1, on: 1)
        #expect(self.machine.registered.isEmpty)
        let answer = self.machine.received(
            .register(Self.firstLease, try Self.registration()), from: 1, at: self.clock.now)
        #expect(answer.contains(.workersChanged))
        let contact = try Self.registration().contact
        #expect(self.machine.registered == [try RegisteredWorker(user: "alice", route: .direct(contact))])
        #expect(self.machine.closed(1, at: self.clock.now).contains(.workersChanged))
        #expect(self.machine.registered.isEmpty)
    }

    @Test("fewer workers: the head daemon lets the youngest go first, then they are told")
    mutating func fewer() throws {
        self.machine = try Self.machine(workers: 2)
        try self.lease(1, on: 1)
        try self.lease(2, on: 2)
        #expect(
            self.machine.want(1, at: self.clock.now).outputs
                == [
                    .send(.retire(reason: "fewer workers are wanted"), to: 2),
                    .retire([Self.secondLease], reason: "fewer workers are wanted"),
                ])
        #expect(
            self.machine.leave([Self.secondLease], reason: "fewer workers are wanted")
                == [.send(.stop(reason: "fewer workers are wanted"), to: 2)])
        #expect(self.machine.want(1, at: self.clock.now).leaving.isEmpty)
    }

    @Test("the end is told to every worker, and nobody new is taken")
    mutating func end() throws {
        try self.lease(1, on: 1)
        #expect(self.machine.stop(reason: "over", at: self.clock.now) == [.send(.stop(reason: "over"), to: 1)])
        #expect(self.machine.status.phase == .draining)
        #expect(
            self.machine.opened(2, by: try Self.key(1), at: self.clock.now)
                == [.send(.refused(.tryLater, reason: "the master is busy"), to: 2), .close(2)])
        _ = self.says(.bye(Self.firstLease, code: 0, reason: "over", log: []), 1)
        #expect(self.machine.isEmpty)
    }

    @Test("what is out of place is answered, and costs nobody else anything")
    mutating func misuse() throws {
        try self.connect(1)
        #expect(self.says(.register(Self.firstLease, try Self.registration()), 1) == [.send(.leaseLost, to: 1)])
        #expect(self.says(.registered, 1) == [.send(.error(reason: "only a master says this"), to: 1), .close(1)])

        _ = self.machine.opened(2, by: try Self.key(1), at: self.clock.now)
        #expect(
            self.says(.claim(try Self.claim(1)), 2)
                == [.send(.error(reason: "a claim comes once, after hello"), to: 2), .close(2)])
        _ = self.machine.opened(3, by: try Self.key(1), at: self.clock.now)
        #expect(
            self.says(.hello(protocolName: "http", version: "1"), 3)
                == [.send(.refused(.forbidden, reason: "protocol \"http\" is not alien-pod/1"), to: 3), .close(3)])
        try self.connect(4)
        #expect(
            self.says(.claim(try Self.claim(1, master: "78")), 4)
                == [.send(.refused(.forbidden, reason: "this is master 77, not 78"), to: 4), .close(4)])
        #expect(self.says(.heartbeat(Self.firstLease, WorkerHealth(daemon: "ready")), 99).isEmpty)
        #expect(self.machine.status.workers.leased == 0)
    }

    @Test("a connection without a claim is closed after 10 s")
    mutating func noClaim() throws {
        try self.connect(1)
        self.clock.advance(by: .seconds(10))
        let outputs = self.machine.tick(at: self.clock.now)
        #expect(outputs == [.send(.error(reason: "no claim in time"), to: 1), .close(1)])
    }

    @Test("connections without a claim are counted, and given back; who has a slot may always come back to it")
    mutating func unclaimed() throws {
        try self.connect(1000, by: 2)
        _ = self.says(.claim(try Self.claim(1)), 1000)
        for id in 0..<256 as Range<UInt64> {
            _ = self.machine.opened(id, by: try Self.key(1), at: self.clock.now)
        }
        #expect(self.machine.opened(256, by: try Self.key(1), at: self.clock.now).last == .close(256))
        try self.connect(1001, by: 2)
        _ = self.machine.closed(1001, at: self.clock.now)
        _ = self.machine.closed(0, at: self.clock.now)
        #expect(self.machine.opened(257, by: try Self.key(1), at: self.clock.now).count == 1)
    }
}
