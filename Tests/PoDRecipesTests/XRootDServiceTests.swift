import Foundation
import PoDRecipes
import PoDTestKit
import Testing

@Suite struct XRootDServiceTests {
    @Test("the greetings are what XRootD's and PROOF's clients send")
    func greeting() {
        #expect(Self.hexadecimal(XRootDService.files.greeting) == "00000000000000000000000000000004000007dc")
        #expect(
            Self.hexadecimal(XRootDService.proof.greeting) == "0000000000000000000000010000000000000000"
                + "00000004000007dc")
    }

    @Test(
        "an answer is told from what else may come",
        arguments: [
            // xrootd 5.5.3, a data server; a manager; xproofd in its two forms.
            ("00000000000000080000051100000001", true, true), ("00000000000000080000051100000000", true, true),
            ("000000000000040b0000000000000000", false, true), ("00000000000000010000040b00000000", false, true),
            // Another stream, an error, an unknown kind, no version, too short, too long, something else.
            ("00010000000000080000051100000001", false, false), ("00000fa3000000080000051100000001", false, false),
            ("00000000000000080000051100000002", false, true), ("00000000000000080000000000000001", false, true),
            ("000000000000000800000511000000", false, false), ("0000000000000008000005110000000100", false, false),
            ("00000000000000000000000000000000", false, false), ("485454502f312e312034303020426164", false, false),
            ("", false, false),
        ])
    func answer(hexadecimal: String, files: Bool, proof: Bool) {
        let bytes = stride(from: 0, to: hexadecimal.count, by: 2).compactMap { start in
            UInt8(hexadecimal.dropFirst(start).prefix(2), radix: 16)
        }
        #expect(XRootDService.files.isAnswered(by: bytes) == files)
        #expect(XRootDService.proof.isAnswered(by: bytes) == proof)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String(Int($0) + 0x100, radix: 16).dropFirst() }.joined()
    }
}

/// The probe against servers that answer in their own way.
@Suite(.timeLimit(.minutes(10))) struct HandshakeProbeTests {
    /// Serves one connection after the other in the way that its argument says.
    private static let server = """
        import socket, sys, time
        answer = bytes.fromhex("00000000000000080000051100000001")
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        kept = []
        for count in range(1000):
            connection, _ = listener.accept()
            if count < int(sys.argv[2]):
                kind = sys.argv[1]
                if kind == "silent": kept.append(connection); continue
                if kind == "closes": connection.close(); continue
                if kind == "garbage": connection.sendall(b"HTTP/1.1 400 Bad Request\\r\\n\\r\\n")
                if kind == "short": connection.sendall(answer[:15])
                connection.close()
                continue
            if connection.recv(64) and sys.argv[1] == "bytes":
                for byte in answer:
                    connection.sendall(bytes([byte])); time.sleep(0.01)
            else:
                connection.sendall(answer)
            kept.append(connection)
        """

    @Test(
        "it asks until the answer comes",
        arguments: [("prompt", 0), ("bytes", 0), ("closes", 3), ("garbage", 2), ("short", 2), ("silent", 1)])
    func answers(kind: String, failures: Int) async throws {
        try await Self.withServer(kind, failures) { port in
            try await ReadyProbe.handshake(port: port, as: [.files]).waitForAnswer()
        }
    }

    @Test("the second of two services will do")
    func second() async throws {
        // The first question meets a hang-up, as xrootd's to PROOF's greeting.
        try await Self.withServer("closes", 1) { port in
            try await ReadyProbe.handshake(port: port, as: [.proof, .files]).waitForAnswer()
        }
    }

    @Test("where nothing listens it asks until it is cancelled", arguments: [0, 1000])
    func cancelled(failures: Int) async throws {
        try await Self.withServer("silent", failures) { port in
            let closedPort = failures == 0 ? try RunningDaemon.freePort() : port
            let waiting = Task { try await ReadyProbe.handshake(port: closedPort, as: [.files]).waitForAnswer() }
            try await Task.sleep(for: .milliseconds(50))
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }

    @Test("the other kinds are for whoever runs the daemon", arguments: [ReadyProbe.started, .line(containing: "x")])
    func others(probe: ReadyProbe) async throws {
        try await probe.waitForAnswer()
    }

    private static func withServer(
        _ kind: String, _ failures: Int, _ body: (UInt16) async throws -> Void
    ) async throws {
        try await ChildProcess.run("python3", arguments: ["-c", self.server, kind, String(failures)]) { child in
            let port = try #require(UInt16(try await child.nextLine() ?? ""))
            try await body(port)
        }
    }
}
