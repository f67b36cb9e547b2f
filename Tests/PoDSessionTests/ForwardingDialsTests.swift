import PoDCore
import PoDSession
import PoDTickets
import Testing

@Suite struct ForwardingDialsTests {
    private typealias Refusal = PendingDials.Refusal

    private static let lease = LeaseID(epoch: 1, number: 1)
    private static let other = LeaseID(epoch: 1, number: 2)
    private static let worker = try? ChannelIdentity.ephemeral().thumbprint
    private static let stranger = try? ChannelIdentity.ephemeral().thumbprint

    private let worker: KeyThumbprint
    private let stranger: KeyThumbprint

    init() throws {
        self.worker = try #require(Self.worker)
        self.stranger = try #require(Self.stranger)
    }

    private static func secret(_ number: UInt128) -> StreamSecret {
        StreamSecret(bits: number)
    }

    private static func at(_ seconds: Double) -> Instant {
        Instant(sinceStart: .seconds(seconds))
    }

    @Test("a secret is good once, and for the worker that it was given to")
    func once() throws {
        var dials = PendingDials()
        try dials.ask(Self.secret(7), of: Self.lease, worker: self.worker, at: Self.at(0))
        #expect(throws: Refusal.unknownSecret) {
            try dials.answer(Self.secret(8), by: self.worker, at: Self.at(1))
        }
        #expect(throws: Refusal.notThisWorker) {
            try dials.answer(Self.secret(7), by: self.stranger, at: Self.at(1))
        }
        let lease = try dials.answer(Self.secret(7), by: self.worker, at: Self.at(1))
        #expect(lease == Self.lease)
        #expect(throws: Refusal.unknownSecret) {
            try dials.answer(Self.secret(7), by: self.worker, at: Self.at(1))
        }
    }

    @Test(
        "a secret is good for less than ten seconds",
        arguments: [(0.0, true), (9.999, true), (10, false), (11, false), (1e9, false)])
    func age(seconds: Double, isGood: Bool) throws {
        var dials = PendingDials()
        try dials.ask(Self.secret(7), of: Self.lease, worker: self.worker, at: Self.at(5))
        let lease = try? dials.answer(Self.secret(7), by: self.worker, at: Self.at(5 + seconds))
        #expect(lease == (isGood ? Self.lease : nil))
    }

    @Test("what was not answered in time is dropped, and makes room")
    func expiry() throws {
        var dials = PendingDials(limits: PendingDials.Limits(streams: 2))
        try dials.ask(Self.secret(1), of: Self.lease, worker: self.worker, at: Self.at(0))
        try dials.ask(Self.secret(2), of: Self.lease, worker: self.worker, at: Self.at(5))
        #expect(dials.expire(at: Self.at(9)) == [])
        #expect(dials.expire(at: Self.at(10)) == [Self.secret(1)])
        #expect(dials.streamCount(of: Self.lease) == 1)
        try dials.ask(Self.secret(3), of: Self.lease, worker: self.worker, at: Self.at(10))
        #expect(Set(dials.expire(at: Self.at(30))) == [Self.secret(2), Self.secret(3)])
        #expect(dials.streamCount(of: Self.lease) == 0)
        #expect(dials.count == 0)
    }

    @Test("no lease has more streams than the limit, waited for or open; another lease has its own")
    func limit() throws {
        var dials = PendingDials(limits: PendingDials.Limits(streams: 2))
        try dials.ask(Self.secret(1), of: Self.lease, worker: self.worker, at: Self.at(0))
        _ = try dials.answer(Self.secret(1), by: self.worker, at: Self.at(0))
        try dials.ask(Self.secret(2), of: Self.lease, worker: self.worker, at: Self.at(0))
        #expect(throws: Refusal.tooManyStreams(limit: 2)) {
            try dials.ask(Self.secret(3), of: Self.lease, worker: self.worker, at: Self.at(0))
        }
        try dials.ask(Self.secret(3), of: Self.other, worker: self.worker, at: Self.at(0))
        dials.streamEnded(of: Self.lease)
        try dials.ask(Self.secret(4), of: Self.lease, worker: self.worker, at: Self.at(0))
        #expect(dials.streamCount(of: Self.lease) == 2)
    }

    @Test("a lease may have 256 streams")
    func figure() throws {
        var dials = PendingDials()
        for number in 1...256 as ClosedRange<UInt128> {
            try dials.ask(Self.secret(number), of: Self.lease, worker: self.worker, at: Self.at(0))
        }
        #expect(throws: Refusal.tooManyStreams(limit: 256)) {
            try dials.ask(Self.secret(257), of: Self.lease, worker: self.worker, at: Self.at(0))
        }
    }

    @Test("the end of a lease is the end of its secrets, and of no other's")
    func leaseEnds() throws {
        var dials = PendingDials()
        try dials.ask(Self.secret(1), of: Self.lease, worker: self.worker, at: Self.at(0))
        try dials.ask(Self.secret(2), of: Self.lease, worker: self.worker, at: Self.at(0))
        try dials.ask(Self.secret(3), of: Self.other, worker: self.worker, at: Self.at(0))
        _ = try dials.answer(Self.secret(2), by: self.worker, at: Self.at(0))
        #expect(dials.leaseEnded(Self.lease) == [Self.secret(1)])
        #expect(throws: Refusal.unknownSecret) {
            try dials.answer(Self.secret(1), by: self.worker, at: Self.at(0))
        }
        // The stream that was open tells its end after its lease's.
        dials.streamEnded(of: Self.lease)
        #expect(dials.streamCount(of: Self.lease) == 0)
        let lease = try dials.answer(Self.secret(3), by: self.worker, at: Self.at(0))
        #expect(lease == Self.other)
    }

    @Test("a withdrawn secret is worth nothing, and counted once")
    func withdrawn() throws {
        var dials = PendingDials()
        try dials.ask(Self.secret(1), of: Self.lease, worker: self.worker, at: Self.at(0))
        #expect(dials.isAsked(Self.secret(1), of: self.worker))
        #expect(!dials.isAsked(Self.secret(1), of: self.stranger))
        let first = dials.withdraw(Self.secret(1))
        let second = dials.withdraw(Self.secret(1))
        #expect(first && !second)
        #expect(dials.streamCount(of: Self.lease) == 0)
    }

    @Test("the same secret is not given out twice")
    func drawnTwice() throws {
        var dials = PendingDials()
        try dials.ask(Self.secret(1), of: Self.lease, worker: self.worker, at: Self.at(0))
        #expect(throws: Refusal.secretInUse) {
            try dials.ask(Self.secret(1), of: Self.other, worker: self.worker, at: Self.at(0))
        }
        #expect(dials.streamCount(of: Self.other) == 0)
    }

    @Test(
        "a secret is written as 32 digits",
        arguments: [
            (UInt128(0), "00000000000000000000000000000000"),
            (UInt128(0xabc), "00000000000000000000000000000abc"),
            (UInt128.max, "ffffffffffffffffffffffffffffffff"),
        ])
    func text(bits: UInt128, text: String) throws {
        #expect(StreamSecret(bits: bits).description == text)
        #expect(try StreamSecret(parsing: text).bits == bits)
    }

    @Test(
        "nothing else is a secret",
        arguments: [
            "", "0", "0000000000000000000000000000000", "000000000000000000000000000000000",
            "0000000000000000000000000000000A", "0000000000000000000000000000000g", "0x000000000000000000000000000000",
            "0000000000000000000000000000000 ", "０0000000000000000000000000000000",
        ])
    func noSecret(text: String) {
        #expect(throws: ValueError.self) { try StreamSecret(parsing: text) }
    }
}
