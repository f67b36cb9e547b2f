import NIOCore
import PoDCore
import PoDSession
import Testing

/// Who may go on at the control port before it is known who it is.
@Suite struct NewcomerQueueTests {
    private static let lease = LeaseID(epoch: 5, number: 1)

    private static func source(_ address: String) throws -> NetworkSource {
        NetworkSource(try SocketAddress(ipAddress: address, port: 4711))
    }

    @Test("64 of one address at once, the others wait in their order, and none at other addresses waits")
    func turns() throws {
        var queue = NewcomerQueue(limits: NewcomerQueue.Limits())
        let site = try Self.source("192.0.2.1")
        for number in 1...64 as ClosedRange<UInt64> {
            #expect(queue.came(number, from: site) == .goesOn)
        }
        for number in 65...67 as ClosedRange<UInt64> {
            #expect(queue.came(number, from: site) == .waits)
        }
        #expect(queue.came(100, from: try Self.source("192.0.2.2")) == .goesOn)
        // One that waits gives up.
        #expect(queue.left(66).isEmpty)
        #expect(queue.left(3) == [65])
        #expect(queue.left(3).isEmpty)
        #expect(queue.left(65) == [67])
        #expect(queue.left(1).isEmpty)
        #expect(queue.came(101, from: site) == .goesOn)
        #expect(queue.came(102, from: site) == .waits)
    }

    @Test("so many wait of one address, and so many are there of all; where a worker is, others may come")
    func refused() throws {
        var queue = NewcomerQueue(limits: NewcomerQueue.Limits(atOnce: 1, ofSource: 2, ofAll: 3))
        let (one, other, site) = (
            try Self.source("192.0.2.1"), try Self.source("192.0.2.2"), try Self.source("192.0.2.3")
        )
        // 9 at once, and 3 in all.
        queue.worker(Self.lease, isAt: site)
        let answers = [1, 2, 3].map { queue.came($0, from: one) } + [4, 5].map { queue.came($0, from: other) }
        #expect(answers == [.goesOn, .waits, .refused, .goesOn, .refused])
        #expect([6, 7, 12, 8].map { queue.came($0, from: site) } == [.goesOn, .goesOn, .goesOn, .refused])

        // Those that have left make room.
        #expect(queue.left(1) == [2])
        #expect(queue.came(9, from: other) == .waits)
        // The worker is there no more: it counts who comes, and not who has come.
        queue.leaseEnded(Self.lease)
        #expect((queue.left(6) + queue.left(7)).isEmpty)
        #expect(queue.came(10, from: site) == .refused)
        #expect(queue.left(9).isEmpty)
        #expect(queue.came(11, from: site) == .waits)
    }

    @Test("where workers are more may come: 8 at once and 64 in all for each, but never more than all may be")
    func whereWorkersAre() throws {
        var queue = NewcomerQueue(limits: NewcomerQueue.Limits(atOnce: 1, ofSource: 2, ofAll: 100))
        let site = try Self.source("192.0.2.1")
        for number in 1...2 as ClosedRange<UInt64> {
            queue.worker(LeaseID(epoch: 5, number: number), isAt: site)
        }
        let answers = (1...101 as ClosedRange<UInt64>).map { queue.came($0, from: site) }
        #expect(answers.filter { $0 == .goesOn }.count == 17)
        #expect(answers.filter { $0 == .waits }.count == 83)
        #expect(answers.last == .refused)
    }

    @Test("a worker that comes back from elsewhere is there, and no more where it was")
    func moves() throws {
        var queue = NewcomerQueue(limits: NewcomerQueue.Limits(ofAll: 0))
        let (one, other) = (try Self.source("192.0.2.1"), try Self.source("192.0.2.2"))
        queue.worker(Self.lease, isAt: one)
        queue.worker(Self.lease, isAt: one)
        queue.worker(Self.lease, isAt: other)
        #expect(queue.came(1, from: one) == .refused)
        #expect(queue.came(2, from: other) == .goesOn)
    }

    @Test(
        "what is one source",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true), ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true), ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ])
    func source(one: String, other: String, isOne: Bool) throws {
        #expect((try Self.source(one) == Self.source(other)) == isOne)
    }

    @Test(
        "the limits follow from how many descriptors there are",
        arguments: [(256, 64, 128), (1024, 128, 512), (65_536, 512, 32_768)])
    func limits(descriptors: Int, ofSource: Int, ofAll: Int) {
        #expect(
            NewcomerQueue.Limits(descriptors: descriptors)
                == NewcomerQueue.Limits(atOnce: 64, ofSource: ofSource, ofAll: ofAll))
    }
}
