import NIOCore
import PoDCore
import PoDSession
import PoDTestKit
import Testing

/// What counts as meeting a worker, and a worker's part in it.
@Suite(.timeLimit(.minutes(10))) struct ReachProbeTests {
    private static let nonce = StreamSecret(bits: 0xdef)
    /// Against a hang of the test alone.
    private static let limit = Duration.seconds(60)

    @Test(
        "only the claim's nonce and a newline is the worker, however it comes",
        arguments: [
            (["\(nonce)\n"], true),
            ("\(nonce)\n".map { String($0) }, true),
            (["\(nonce)\nx"], false),
            (["\(nonce)"], false),
            (["\(StreamSecret(bits: 1))\n"], false),
            (["HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"], false),
            ([], false),
        ] as [([String], Bool)])
    func answers(pieces: [String], isMet: Bool) async throws {
        try await ForwardingRig.withDaemon { _, outbound in
            for piece in pieces {
                try await outbound.write(ByteBuffer(string: piece))
            }
        } _: { address in
            #expect(await ReachProbe(address: address, nonce: Self.nonce).isMet(within: Self.limit) == isMet)
        }
    }

    @Test("nobody there, and somebody who says nothing, are no worker")
    func nobody() async throws {
        let free = try Address(host: "127.0.0.1", port: Int(try FreePort.find()))
        #expect(await !ReachProbe(address: free, nonce: Self.nonce).isMet(within: Self.limit))
        try await ForwardingRig.withDaemon { inbound, _ in
            for try await _ in inbound {}
        } _: { address in
            #expect(await !ReachProbe(address: address, nonce: Self.nonce).isMet(within: .milliseconds(300)))
        }
    }

    @Test("a claim says where the worker can be met, and with its terms the port is the daemon's")
    func worker() async throws {
        try await ScriptedMaster.with(grants: false) { master in
            async let worker = master.worker(TestRecipe())
            try await eventually("it claims") { master.claims.first?.reach != nil }
            let reach = try #require(master.claims.first?.reach)
            let address = try Address(host: "127.0.0.1", port: Int(reach.port))
            for _ in 0..<2 {
                #expect(await ReachProbe(address: address, nonce: reach.nonce).isMet(within: Self.limit))
            }
            // Who asks and stays is no hindrance.
            let staying = try await ForwardingRig.connect(address)
            try await staying.executeThenClose { inbound, _ in
                var bytes = inbound.makeAsyncIterator()
                #expect(try await bytes.read(33) == Array("\(reach.nonce)\n".utf8))
                master.grant()
                try await eventually("it is registered") { master.registrations == 1 }
                #expect(try await bytes.readToEnd() == [])
            }
            #expect(await !ReachProbe(address: address, nonce: reach.nonce).isMet(within: Self.limit))
            #expect(master.contacts == [address])

            // After a lost connection it has nothing to be found out, and after a restart the same port.
            master.disconnect()
            try await eventually("it claims again") { master.claims.count == 2 }
            #expect(master.claims.last?.reach == nil)
            master.grant()
            try await eventually("it is registered again") { master.registrations == 2 }
            master.say(.restart)
            try await eventually("its daemon is another") { master.registrations == 3 }
            #expect(Set(master.contacts) == [address])
            master.say(.stop(reason: "enough"))
            #expect(try await worker.exitCode == 0)
        }
    }

    @Test("a forwarded worker registers as its terms say, and says at once when it can't dial back")
    func forwarded() async throws {
        let contact = try Address(parsing: "127.0.0.1:20017")
        try await ScriptedMaster.with(contact: contact) { master in
            async let worker = master.worker(TestRecipe())
            try await eventually("it is registered") { master.registrations == 1 }
            #expect(master.contacts == [contact])
            // The daemon of this recipe listens nowhere.
            master.say(.dial(Self.nonce))
            try await eventually("it can't") { master.heard.contains(.dialFailed(Self.nonce)) }
            master.say(.stop(reason: "enough"))
            #expect(try await worker.exitCode == 0)
        }
    }

    @Test("a worker whose terms say nothing of forwarding dials nothing")
    func notForwarded() async throws {
        try await ScriptedMaster.with { master in
            async let worker = master.worker(TestRecipe())
            try await eventually("it is registered") { master.registrations == 1 }
            master.say(.dial(Self.nonce))
            try await eventually("it does not") { master.heard.contains(.dialFailed(Self.nonce)) }
            master.say(.stop(reason: "enough"))
            #expect(try await worker.exitCode == 0)
        }
    }
}
