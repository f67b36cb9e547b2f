import NIOCore
import PoDCore
import PoDSession
import PoDTestKit
import PoDTickets
import Testing

@Suite(.timeLimit(.minutes(10))) struct ForwardingOpeningTests {
    private static let secret = "0123456789abcdef0123456789abcdef"

    @Test(
        "the first line says what a connection is",
        arguments: [
            (#"{"type":"hello","protocol":"alien-pod/1"}"#, OpeningLine.control),
            (#"{"type":"whatever"}"#, .control), (#"{"type":"whatever","request":"status"}"#, .control),
            (#"{"request":"status"}"#, .request),
            (#"{"type":"connect","to":"scheduler"}"#, .connect(to: "scheduler")),
            (#" {"to":"dashboard", "more":[1], "type":"connect"} "#, .connect(to: "dashboard")),
        ])
    func lines(text: String, line: OpeningLine) throws {
        #expect(try OpeningLine(parsing: Array(text.utf8)) == line)
    }

    @Test("a line that opens a stream is read as it is written")
    func written() throws {
        for line in [OpeningLine.stream(try StreamSecret(parsing: Self.secret)), .connect(to: "a \"name\"\n")] {
            let text = try #require(line.text)
            #expect(text.last == "\n")
            #expect(try OpeningLine(parsing: Array(text.utf8.dropLast())) == line)
        }
        #expect(OpeningLine.control.text == nil)
    }

    @Test(
        "nothing else opens a connection",
        arguments: [
            "", "GET / HTTP/1.1\r", "{}", "[]", #"{"type":1}"#, #"{"type":"stream"}"#, #"{"type":"connect"}"#,
            #"{"type":"stream","secret":"0123"}"#, #"{"type":"stream","secret":7}"#, "\u{16}\u{3}\u{1}",
        ])
    func garbage(text: String) {
        #expect(throws: ValueError.self) { try OpeningLine(parsing: Array(text.utf8)) }
    }

    @Test("a control connection gets all bytes, the first line included, in whatever pieces they come")
    func control() async throws {
        let text = Array("{\"type\":\"hello\"}\n{\"type\":\"claim\"}\nmore".utf8)
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                for size in [1, 5, 16, 17, 18, 20, text.count] {
                    let connection = try await rig.connect(as: rig.worker)
                    try await connection.executeThenClose { inbound, outbound in
                        try await outbound.write(pieces: text, of: size)
                        var bytes = inbound.makeAsyncIterator()
                        #expect(try await bytes.read(text.count) == text, "in pieces of \(size)")
                    }
                }
            }
        }
    }

    @Test("a stream gets all bytes behind its line, in whatever pieces they come, and their end")
    func behindTheLine() async throws {
        let line = Array("{\"type\":\"connect\",\"to\":\"scheduler\"}\n".utf8)
        let rest = Array("\nthe rest\n\n{\"type\":\"connect\"}\n".utf8)
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                for size in [1, 5, line.count - 1, line.count, line.count + 1, line.count + rest.count] {
                    let connection = try await rig.connect(as: rig.session)
                    try await connection.executeThenClose { inbound, outbound in
                        try await outbound.write(pieces: line + rest, of: size)
                        outbound.finish()
                        var bytes = inbound.makeAsyncIterator()
                        #expect(try await bytes.readToEnd() == rest, "in pieces of \(size)")
                    }
                }
                try await eventually("nothing is open") { rig.head.count == 0 }
            }
        }
    }

    @Test(
        "what opens with no line is closed without an answer",
        arguments: [
            String(repeating: "x", count: 4097), String(repeating: "{", count: 1 << 20),
            "{\"type\":\"hello\",\"pad\":\"\(String(repeating: "x", count: 4096))\"}\n",
            "\n", "GET / HTTP/1.1\r\n\r\n", "{\"type\":\"stream\",\"secret\":\"\(Self.secret)\"}\n",
            "{\"type\":\"connect\",\"to\":\"nothing of the kind\"}\n", "\u{0}\u{1}\u{2}\n",
        ])
    func refused(text: String) async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                let answer = try await rig.answer(to: text, as: rig.worker)
                #expect(answer == [])
            }
        }
    }

    @Test("the longest line is taken, from the owner a longer one")
    func longest() async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                for (identity, start, longest) in [
                    (rig.worker, "{\"type\":\"hello\",\"pad\":\"", 4096),
                    (rig.session, "{\"request\":\"list\",\"pad\":\"", (64 << 10) - 1),
                ] {
                    let pad = longest - start.utf8.count - 2
                    for (line, isTaken) in [(pad, true), (pad + 1, false)].map({
                        (start + String(repeating: "x", count: $0.0) + "\"}\n", $0.1)
                    }) {
                        let answer = try await rig.answer(to: line, as: identity, line.utf8.count)
                        #expect(answer == (isTaken ? Array(line.utf8) : []), "\(start) \(longest)")
                    }
                }
            }
        }
    }

    @Test("who says nothing, or never ends the line, is closed in time", arguments: ["", "{\"type\":"])
    func silent(text: String) async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon, deadline: .milliseconds(300)) { rig in
                let answer = try await rig.answer(to: text, as: rig.session)
                #expect(answer == [])
            }
        }
    }

    @Test(
        "only the session's owner gets to the head daemon, or may ask the master",
        arguments: ["{\"type\":\"connect\",\"to\":\"scheduler\"}\nhello", "{\"request\":\"status\"}\n"])
    func owner(line: String) async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                let answer = try await rig.answer(to: line, as: rig.worker)
                #expect(answer == [])
                #expect(rig.head.count == 0)
            }
        }
    }

    @Test("the user's ports lead to the head daemon, with the session's key only")
    func userPorts() async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                for (identity, isOwner) in [(rig.session, true), (rig.worker, false)] {
                    let ports = try await UserPorts(
                        to: ["scheduler", "dashboard"], master: rig.master, tls: try ChannelTLS(identity, role: .peer),
                        pinning: rig.session.thumbprint, group: ForwardingRig.group)
                    #expect(Set(ports.addresses.keys) == ["scheduler", "dashboard"])
                    let address = try #require(ports.addresses["scheduler"])
                    let connection = try await ForwardingRig.connect(address)
                    let answer = try? await connection.executeThenClose { inbound, outbound in
                        try await outbound.write(ByteBuffer(string: "hello"))
                        var bytes = inbound.makeAsyncIterator()
                        return try await bytes.read(5)
                    }
                    #expect((answer ?? []) == (isOwner ? Array("hello".utf8) : []))
                    ports.close()
                }
                try await eventually("nothing is open") { rig.head.count == 0 }
            }
        }
    }
}

extension NIOAsyncChannelOutboundWriter<ByteBuffer> {
    /// Writes bytes in pieces of one size, each flushed for itself.
    fileprivate func write(pieces bytes: [UInt8], of size: Int) async throws {
        var buffer = ByteBuffer(bytes: bytes)
        while let piece = buffer.readSlice(length: min(size, buffer.readableBytes)), piece.readableBytes > 0 {
            try await self.write(piece)
        }
    }
}
