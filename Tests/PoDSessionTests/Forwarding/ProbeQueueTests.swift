import PoDCore
import PoDSession
import Testing

@Suite struct ProbeQueueTests {
    private static func at(_ seconds: Int) -> Instant { Instant(sinceStart: .seconds(seconds)) }

    private static func probe(_ port: Int) throws -> ReachProbe {
        ReachProbe(address: try Address(host: "192.0.2.7", port: port), nonce: StreamSecret(bits: UInt128(port)))
    }

    private static func queue(atOnce: Int, _ ids: ClosedRange<UInt64>) throws -> ProbeQueue {
        var limits = ProbeQueue.Limits()
        limits.atOnce = atOnce
        var queue = ProbeQueue(limits: limits)
        for id in ids {
            queue.add(try self.probe(Int(id)), of: id, at: self.at(Int(id)))
        }
        return queue
    }

    @Test("so many at once, in the order in which they came, each as one before has finished")
    func order() throws {
        var queue = try Self.queue(atOnce: 2, 1...5)
        let first = queue.start()
        #expect(first.map(\.id) == [1, 2])
        #expect(first.map(\.probe) == [try Self.probe(1), try Self.probe(2)])
        #expect(queue.start().isEmpty)
        queue.finished(2)
        #expect(queue.start().map(\.id) == [3])
        queue.finished(1)
        queue.finished(3)
        #expect(queue.start().map(\.id) == [4, 5])
    }

    @Test("128 at once")
    func figure() throws {
        var queue = ProbeQueue()
        for id in 1...200 as ClosedRange<UInt64> {
            queue.add(try Self.probe(Int(id)), of: id, at: Self.at(0))
        }
        #expect(queue.start().count == 128)
    }

    @Test("who is gone is looked for no more, and who has waited for 10 s is given up")
    func leaving() throws {
        var queue = try Self.queue(atOnce: 1, 1...5)
        #expect(queue.start().map(\.id) == [1])
        queue.remove(2)
        #expect(queue.giveUp(at: Self.at(12)).isEmpty)
        #expect(queue.giveUp(at: Self.at(14)) == [3, 4])
        // That one is gone does not end its look: it still takes its place.
        queue.remove(1)
        #expect(queue.start().isEmpty)
        queue.finished(1)
        #expect(queue.start().map(\.id) == [5])
        queue.finished(99)
        #expect(queue.giveUp(at: Self.at(99)).isEmpty)
    }
}
