import Foundation
import NIOCore
import PoDCore
import PoDSession
import PoDTestKit
import PoDTickets
import Testing

@Suite(.timeLimit(.minutes(10))) struct ForwardingRefusalTests {
    private static func line(_ secret: StreamSecret) -> String {
        "{\"type\":\"stream\",\"secret\":\"\(secret)\"}\n"
    }

    /// Opens a connection to the forwarded port and holds it while `body` runs with the secret that the worker is sent.
    private static func asked(_ rig: ForwardingRig, _ body: @Sendable (StreamSecret) async throws -> Void) async throws
    {
        let connection = try await ForwardingRig.connect(rig.port.address)
        try? await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "hello"))
            var secrets = rig.asked.makeAsyncIterator()
            let secret = try #require(await secrets.next())
            try await body(secret)
        }
    }

    @Test("a worker that never dials back: the connection is closed, and counted no more")
    func neverDials() async throws {
        let limits = PendingDials.Limits(timeToDial: .milliseconds(300))
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon, limits: limits, dialsBack: false) { rig in
                let connection = try await ForwardingRig.connect(rig.port.address)
                let bytes = try? await connection.executeThenClose { inbound, outbound in
                    var bytes = inbound.makeAsyncIterator()
                    return try await bytes.readToEnd()
                }
                #expect((bytes ?? []).isEmpty)
                #expect(rig.streams.count(of: ForwardingRig.lease) == 0)
                var secrets = rig.asked.makeAsyncIterator()
                let secret = try #require(await secrets.next())
                let answer = try await rig.answer(to: Self.line(secret), as: rig.worker)
                #expect(answer == [])
            }
        }
    }

    @Test("a wrong secret, and a right one of another worker, get nothing and use nothing up")
    func wrongSecret() async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon, dialsBack: false) { rig in
                try await Self.asked(rig) { secret in
                    let wrong = StreamSecret(bits: secret.bits ^ 1)
                    let wrongAnswer = try await rig.answer(to: Self.line(wrong), as: rig.worker)
                    #expect(wrongAnswer == [])
                    let strangersAnswer = try await rig.answer(to: Self.line(secret), as: rig.session)
                    #expect(strangersAnswer == [])
                    #expect(rig.streams.count(of: ForwardingRig.lease) == 1)
                    // What waits at the forwarded port is what the right one gets.
                    let answer = try await rig.answer(to: Self.line(secret), as: rig.worker, 5)
                    #expect(answer == Array("hello".utf8))
                }
            }
        }
    }

    @Test("a secret is good once")
    func twice() async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon, dialsBack: false) { rig in
                try await Self.asked(rig) { secret in
                    let first = try await rig.answer(to: Self.line(secret), as: rig.worker, 5)
                    #expect(first == Array("hello".utf8))
                    let second = try await rig.answer(to: Self.line(secret), as: rig.worker, 5)
                    #expect(second == [])
                }
            }
        }
    }

    @Test("one stream too many is closed, and the others go on")
    func limit() async throws {
        let limits = PendingDials.Limits(streams: 3)
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon, limits: limits) { rig in
                try await Self.nested(3, rig) {
                    let connection = try await ForwardingRig.connect(rig.port.address)
                    let bytes = try? await connection.executeThenClose { inbound, outbound in
                        var bytes = inbound.makeAsyncIterator()
                        return try await bytes.readToEnd()
                    }
                    #expect((bytes ?? []).isEmpty)
                    #expect(rig.streams.count(of: ForwardingRig.lease) == 3)
                }
            }
        }
    }

    /// Opens some connections, one within the other, and talks on each when the inner ones are through.
    private static func nested(_ count: Int, _ rig: ForwardingRig, _ body: () async throws -> Void) async throws {
        guard count > 0 else {
            return try await body()
        }
        let connection = try await ForwardingRig.connect(rig.port.address)
        try await connection.executeThenClose { inbound, outbound in
            var bytes = inbound.makeAsyncIterator()
            try await outbound.write(ByteBuffer(string: "here"))
            #expect(try await bytes.read(4) == Array("here".utf8))
            try await self.nested(count - 1, rig, body)
            try await outbound.write(ByteBuffer(string: "still"))
            #expect(try await bytes.read(5) == Array("still".utf8))
        }
    }

    @Test(
        "processes of another user get nothing from a loopback port",
        .enabled(if: geteuid() == 0, "only root can become another user"),
        arguments: [("AF_INET", "127.0.0.1"), ("AF_INET6", "::ffff:127.0.0.1")])
    func otherUser(family: String, host: String) async throws {
        let program = """
            import os, socket, sys
            os.setuid(int(sys.argv[2]))
            connection = socket.socket(socket.\(family))
            connection.connect(("\(host)", int(sys.argv[1])))
            connection.settimeout(20)
            try:
                connection.sendall(b"hello")
                print(connection.recv(5).decode() or "closed")
            except OSError as error:
                print("closed" if isinstance(error, ConnectionError) else error)
            """
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                for (user, answer) in [("65534", "closed"), ("0", "hello")] {
                    try await ChildProcess.run(
                        "python3", arguments: ["-c", program, String(rig.port.address.port), user]
                    ) { child in
                        let line = try await child.nextLine()
                        #expect(line == answer, "as user \(user)")
                    }
                }
            }
        }
    }

    @Test(
        "the other end's user is found by both addresses, and only while a process holds the socket",
        arguments: [
            ("127.0.0.1", 0xC350, 1000 as UInt32?), ("127.0.0.1", 0xC351, nil), ("127.0.0.1", 0xC352, 65534),
            ("127.0.0.1", 0xC353, nil), ("::1", 0xC354, 7), ("127.0.0.2", 0xC350, nil),
        ])
    func table(host: String, port: Int, user: UInt32?) throws {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:4E20 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1605 1 0 100
               1: 0100007F:C350 0100007F:4E20 01 00000000:00000000 00:00000000 00000000  1000        0 2001 1 0 20
               2: 0100007F:4E20 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 2002 1 0 20
               3: 0100007F:C351 0100007F:4E20 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0
               4: 0100007F:C353 0100007F:4E21 01 00000000:00000000 00:00000000 00000000  1000        0 2003 1 0 20
               5: 0000000000000000FFFF00000100007F:C352 0000000000000000FFFF00000100007F:4E20 01 0:0 00:0 0 65534 0 9 1
               6: 00000000000000000000000001000000:C354 00000000000000000000000001000000:4E20 01 0:0 00:0 0 7 0 9 1
               7: short
            """
        let theirs = try SocketAddress(ipAddress: host, port: port)
        let ours = try SocketAddress(ipAddress: host == "::1" ? "::1" : "127.0.0.1", port: 0x4E20)
        #expect(SocketOwner.user(ofPeer: theirs, connectedTo: ours, in: Array(table.utf8)) == user)
    }

    @Test("a worker dials only its own host", arguments: ["192.0.2.1", "daemon.example", "0.0.0.0", "2001:db8::1"])
    func notLoopback(host: String) throws {
        let identity = try ChannelIdentity.ephemeral()
        let tls = try ChannelTLS(identity, role: .peer)
        let master = try Address(host: "127.0.0.1", port: 1)
        let daemon = try Address(host: host, port: 8786)
        #expect(throws: SessionError.self) {
            try DialBack(
                master: master, tls: tls, pinning: identity.thumbprint, daemon: daemon, group: ForwardingRig.group)
        }
    }

    @Test("a master with another key gets no stream")
    func wrongMaster() async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon, dialsBack: false) { rig in
                let tls = try ChannelTLS(rig.worker, role: .peer)
                let dialBack = try DialBack(
                    master: rig.master, tls: tls, pinning: rig.worker.thumbprint, daemon: daemon,
                    group: ForwardingRig.group)
                try await Self.asked(rig) { secret in
                    await #expect(throws: SessionError.self) { try await dialBack.dial(secret) }
                    #expect(rig.streams.count(of: ForwardingRig.lease) == 1)
                    rig.streams.dialFailed(secret, by: rig.session.thumbprint)
                    #expect(rig.streams.count(of: ForwardingRig.lease) == 1)
                    rig.streams.dialFailed(secret, by: rig.worker.thumbprint)
                    #expect(rig.streams.count(of: ForwardingRig.lease) == 0)
                }
            }
        }
    }
}
