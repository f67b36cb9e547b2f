import Foundation
import PoDCore
import PoDRendezvous
import PoDSession
import PoDTestKit
import PoDTickets
import Testing

/// Many workers at once. PoD's server dies near 6,000.
@Suite(.timeLimit(.minutes(10))) struct JoinStormTests {
    @Test("10,000 connect before the first claims: each gets a lease of its own, the next is told that it is full")
    func tenThousand() throws {
        let count: UInt64 = 10_000
        var machine = MasterMachine(
            MasterMachine.Settings(
                masterJobID: try MasterJobID(parsing: "77"), address: try Address(parsing: "127.0.0.1:20000"),
                workers: Int(count), admission: try .anybody()),
            epoch: 5, at: .start)
        let keys = try (0..<64 as Range<UInt8>).map {
            try PublicKey(bytes: SigningKey(seed: Array(repeating: $0, count: 32)).publicKey.bytes).thumbprint
        }
        for id in 0...count {
            let outputs = machine.opened(id, by: keys[Int(id) % keys.count], at: .start)
            #expect(outputs == [.send(ScriptedWorker.hello, to: id)])
        }
        var leases: Set<LeaseID> = []
        for id in 0..<count {
            _ = machine.received(ScriptedWorker.hello, from: id, at: .start)
            let outputs = machine.received(.claim(try Self.claim(id)), from: id, at: .start)
            for case .tellTerms(let lease, _, _, id) in outputs {
                leases.insert(lease)
                let registration = Registration(contact: try Address(parsing: "wn:20001"), account: "alice")
                let answer = machine.received(.register(lease, registration), from: id, at: .start)
                #expect(answer.contains(.send(.registered, to: id)))
            }
        }
        #expect(leases.count == Int(count))
        #expect(
            machine.status.workers
                == MasterStatus.Workers(wanted: Int(count), leased: Int(count), registered: Int(count)))
        _ = machine.received(ScriptedWorker.hello, from: count, at: .start)
        #expect(
            machine.received(.claim(try Self.claim(count)), from: count, at: .start)
                == [.send(.refused(.fullOrGone, reason: "every slot is taken"), to: count), .close(count)])
    }

    private static func claim(_ number: UInt64) throws -> Claim {
        Claim(
            id: ClaimID(high: 1, low: number), masterJobID: try MasterJobID(parsing: "77"), host: "wn\(number)", pid: 1)
    }

    @Test("500 join at once over TLS: nobody is lost, and all slots come back")
    func fiveHundred() async throws {
        let count = 500
        try await RunningMaster.with(TestRecipe(), workers: count) { master, _ in
            let leases = try await withThrowingTaskGroup(of: LeaseID.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        try await ScriptedWorker.with(master.server) { worker in
                            let lease = try await worker.join()
                            try await master.eventually("all are registered") { $0.workers.registered == count }
                            try await worker.say(.bye(lease, code: 0, reason: "over", log: []))
                            while try await worker.next() != nil {}
                            return lease
                        }
                    }
                }
                return try await group.reduce(into: Set<LeaseID>()) { $0.insert($1) }
            }
            #expect(leases.count == count)
            try await master.eventually("no slot is held") { $0.workers.leased == 0 }
            #expect(try await master.problems() == [])
        }
    }

    @Test("neither end of a control connection waits to fill a packet")
    func noDelay() async throws {
        try await RunningMaster.with(TestRecipe(), workers: 1) { master, _ in
            let recipe = TestRecipe()
            async let worker = master.worker(recipe, name: "worker")
            try await master.eventually("the worker is registered") { $0.workers.registered == 1 }
            let sockets = Self.sockets(at: master.server.address.port)
            #expect(sockets.count == 2)
            #expect(sockets.allSatisfy { $0.noDelay })
            await master.shutDown()
            _ = try await worker
        }
    }

    /// This process's ends of the connections to a port.
    private static func sockets(at port: UInt16) -> [(descriptor: Int32, noDelay: Bool)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }.compactMap { descriptor in
            guard let local = Self.port(of: descriptor, getsockname),
                let remote = Self.port(of: descriptor, getpeername),
                local == port || remote == port
            else { return nil }
            var value: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &size)
            return (descriptor, value != 0)
        }
    }

    private static func port(
        of descriptor: Int32, _ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> UInt16? {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { $0.baseAddress.map { call(descriptor, $0, &size) } ?? -1 }
        }
        // The port is at the same place for both families.
        guard result == 0, [AF_INET, AF_INET6].contains(Int32(address.sin6_family)) else { return nil }
        return UInt16(bigEndian: address.sin6_port)
    }
}
