import PoDCore
import PoDRendezvous
import PoDSession
import PoDTestKit
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
                recipe: "command", workers: workers),
            epoch: 5)
    }

    private static let hello = ControlMessage.hello(protocolName: "alien-pod/1", version: "9")
    private static let firstLease = LeaseID(epoch: 5, number: 1)
    private static let secondLease = LeaseID(epoch: 5, number: 2)

    private static func claim(_ low: UInt64, master: String = "77") throws -> ControlMessage {
        .claim(
            ClaimID(high: 0, low: low), masterJobID: try MasterJobID(parsing: master), sequence: nil, host: "wn", pid: 1
        )
    }

    private mutating func connect(_ id: MasterMachine.ConnectionID) {
        let outputs = self.machine.opened(id, at: self.clock.now)
        #expect(outputs == [.send(.hello(protocolName: "alien-pod/1", version: Version.current), to: id)])
        #expect(self.machine.received(Self.hello, from: id, at: self.clock.now).isEmpty)
    }

    private mutating func says(_ message: ControlMessage, _ id: MasterMachine.ConnectionID) -> [MasterMachine.Output] {
        self.machine.received(message, from: id, at: self.clock.now).filter {
            if case .note = $0 { false } else { true }
        }
    }

    private mutating func lease(_ claim: UInt64, on id: MasterMachine.ConnectionID) throws {
        self.connect(id)
        let answer = self.says(try Self.claim(claim), id)
        #expect(answer.count == 1)
    }

    @Test("one slot: the first gets it, the second is refused, a repeated claim gets the same lease")
    mutating func oneSlot() throws {
        self.connect(1)
        #expect(
            self.says(try Self.claim(1), 1)
                == [.send(.lease(Self.firstLease, recipe: "command", parameters: [:]), to: 1)])
        self.connect(2)
        #expect(
            self.says(try Self.claim(2), 2)
                == [.send(.refused(.fullOrGone, reason: "every slot is taken"), to: 2), .close(2)])
        self.connect(3)
        #expect(
            self.says(try Self.claim(1), 3)
                == [.close(1), .send(.lease(Self.firstLease, recipe: "command", parameters: [:]), to: 3)])
        #expect(self.machine.closed(1, at: self.clock.now).isEmpty)
        #expect(self.says(.register(Self.firstLease), 3) == [.send(.registered, to: 3)])
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

        _ = self.says(.bye(Self.firstLease), 1)
        _ = self.machine.tick(at: self.clock.now)
        #expect(self.machine.status.parameters.contains { $0.name == "Address" })
        #expect(self.machine.isEmpty)
    }

    @Test("a worker that fell silent is told so, and its slot goes to another")
    mutating func silence() throws {
        try self.lease(1, on: 1)
        #expect(self.says(.register(Self.firstLease), 1) == [.send(.registered, to: 1)])
        self.clock.advance(by: .seconds(44))
        _ = self.machine.tick(at: self.clock.now)
        #expect(self.machine.status.workers.leased == 1)
        self.clock.advance(by: .seconds(11))
        _ = self.machine.tick(at: self.clock.now)
        #expect(self.machine.status.workers.leased == 0)
        self.connect(2)
        #expect(
            self.says(try Self.claim(2), 2)
                == [.send(.lease(Self.secondLease, recipe: "command", parameters: [:]), to: 2)])
        #expect(self.says(.heartbeat(Self.firstLease), 1) == [.send(.leaseLost, to: 1)])
    }

    @Test("the end is told to every worker, and nobody new is taken")
    mutating func end() throws {
        try self.lease(1, on: 1)
        #expect(self.machine.stop(reason: "over", at: self.clock.now) == [.send(.stop(reason: "over"), to: 1)])
        #expect(self.machine.status.phase == .draining)
        #expect(
            self.machine.opened(2, at: self.clock.now)
                == [.send(.refused(.tryLater, reason: "the master is busy"), to: 2), .close(2)])
        _ = self.says(.bye(Self.firstLease), 1)
        #expect(self.machine.isEmpty)
    }

    @Test("what is out of place is answered, and costs nobody else anything")
    mutating func misuse() throws {
        self.connect(1)
        #expect(self.says(.register(Self.firstLease), 1) == [.send(.leaseLost, to: 1)])
        #expect(self.says(.registered, 1) == [.send(.error(reason: "only a master says this"), to: 1), .close(1)])

        _ = self.machine.opened(2, at: self.clock.now)
        #expect(
            self.says(try Self.claim(1), 2)
                == [.send(.error(reason: "a claim comes once, after hello"), to: 2), .close(2)])
        _ = self.machine.opened(3, at: self.clock.now)
        #expect(
            self.says(.hello(protocolName: "http", version: "1"), 3)
                == [.send(.refused(.forbidden, reason: "protocol \"http\" is not alien-pod/1"), to: 3), .close(3)])
        self.connect(4)
        #expect(
            self.says(try Self.claim(1, master: "78"), 4)
                == [.send(.refused(.forbidden, reason: "this is master 77, not 78"), to: 4), .close(4)])
        #expect(self.says(.heartbeat(Self.firstLease), 99).isEmpty)
        #expect(self.machine.status.workers.leased == 0)
    }

    @Test("a connection without a claim is closed after 10 s")
    mutating func noClaim() {
        self.connect(1)
        self.clock.advance(by: .seconds(10))
        let outputs = self.machine.tick(at: self.clock.now)
        #expect(outputs == [.send(.error(reason: "no claim in time"), to: 1), .close(1)])
    }

    @Test("connections without a claim are counted, and given back")
    mutating func unclaimed() throws {
        for id in 0..<256 as Range<UInt64> {
            _ = self.machine.opened(id, at: self.clock.now)
        }
        #expect(self.machine.opened(256, at: self.clock.now).last == .close(256))
        _ = self.machine.closed(0, at: self.clock.now)
        #expect(self.machine.opened(257, at: self.clock.now).count == 1)
    }
}
