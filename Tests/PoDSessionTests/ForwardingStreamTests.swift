import NIOCore
import PoDCore
import PoDSession
import PoDTestKit
import PoDTickets
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct ForwardingStreamTests {
    @Test("a connection to a forwarded port reaches the worker's daemon, and both ends of it end")
    func echo() async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                let connection = try await ForwardingRig.connect(rig.port.address)
                try await connection.executeThenClose { inbound, outbound in
                    try await outbound.write(ByteBuffer(string: "hello"))
                    var bytes = inbound.makeAsyncIterator()
                    #expect(try await bytes.read(5) == Array("hello".utf8))
                    #expect(rig.streams.count(of: ForwardingRig.lease) == 1)
                    outbound.finish()
                    #expect(try await bytes.readToEnd().isEmpty)
                }
                try await eventually("the stream is counted no more") {
                    rig.streams.count(of: ForwardingRig.lease) == 0
                }
            }
        }
    }

    @Test("64 streams at once, each with its own bytes")
    func many() async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<64 {
                        group.addTask {
                            let connection = try await ForwardingRig.connect(rig.port.address)
                            return try await connection.executeThenClose { inbound, outbound in
                                let sent = Array(repeating: UInt8(number), count: 100_000 + number)
                                async let written: Void = Self.write(sent, to: outbound)
                                var bytes = inbound.makeAsyncIterator()
                                let received = try await bytes.readToEnd()
                                try await written
                                return received == sent
                            }
                        }
                    }
                    var whole = 0
                    for try await isWhole in group where isWhole {
                        whole += 1
                    }
                    #expect(whole == 64)
                }
                try await eventually("the streams are counted no more") {
                    rig.streams.count(of: ForwardingRig.lease) == 0
                }
            }
        }
    }

    private static func write(_ bytes: [UInt8], to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        try await outbound.write(ByteBuffer(bytes: bytes))
        outbound.finish()
    }

    // The far ends are programs with plain sockets: a NIO channel whose input has ended drops what it has not written yet
    // when it is closed, and here exactly that is measured.

    @Test("the user's end says that it is done, and still gets the answer")
    func halfCloseByUser() async throws {
        let daemon = """
            import socket
            listener = socket.create_server(("127.0.0.1", 0))
            print(listener.getsockname()[1], flush=True)
            connection = listener.accept()[0]
            request = b""
            while piece := connection.recv(65536):
                request += piece
            connection.sendall(request * (8 << 20))
            connection.close()
            """
        try await ChildProcess.run("python3", arguments: ["-c", daemon]) { child in
            let line = try await child.nextLine()
            let port = try #require(line.flatMap { Int($0) })
            try await ForwardingRig.run(daemon: try Address(host: "127.0.0.1", port: port)) { rig in
                let connection = try await ForwardingRig.connect(rig.port.address)
                try await connection.executeThenClose { inbound, outbound in
                    try await outbound.write(ByteBuffer(string: "x"))
                    outbound.finish()
                    // Until all is on the way and closed behind.
                    try await Task.sleep(for: .milliseconds(300))
                    var count = 0
                    for try await buffer in inbound {
                        #expect(buffer.readableBytesView.allSatisfy { $0 == UInt8(ascii: "x") })
                        count += buffer.readableBytes
                    }
                    #expect(count == 8 << 20)
                }
            }
        }
    }

    @Test("the daemon says that it is done, and still gets what the user sends")
    func halfCloseByDaemon() async throws {
        let user = """
            import socket, sys
            connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            connection.sendall(answer * (4 << 20))
            connection.close()
            print("sent", flush=True)
            """
        let reads = Gate()
        let got = Mutex(0)
        try await ForwardingRig.withDaemon({ inbound, outbound in
            try await outbound.write(ByteBuffer(string: "xx"))
            outbound.finish()
            await reads.wait()
            for try await buffer in inbound {
                got.withLock { $0 += buffer.readableBytes }
            }
        }) { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                try await ChildProcess.run(
                    "python3", arguments: ["-c", user, String(rig.port.address.port)]
                ) { child in
                    // All fits in the buffers on the way, and the user's end is closed before anything is read.
                    let line = try await child.nextLine()
                    #expect(line == "sent")
                    reads.open()
                    try await eventually("all is there") { got.withLock { $0 } == 8 << 20 }
                }
            }
        }
    }

    @Test("100 MB each way are whole, and who does not read stops who sends")
    func backPressure() async throws {
        let size = 100 << 20
        let pattern = Pattern()
        let daemonReads = Gate()
        let allIsThere = Gate()
        let daemonSide = Mutex(Tally())
        try await ForwardingRig.withDaemon({ inbound, outbound in
            async let sent: Void = pattern.write(size, to: outbound) { _ in }
            await daemonReads.wait()
            for try await buffer in inbound {
                if daemonSide.withLock({ $0.add(buffer) }) == size {
                    break
                }
            }
            try await sent
            await allIsThere.wait()
        }) { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                let connection = try await ForwardingRig.connect(rig.port.address)
                try await connection.executeThenClose { inbound, outbound in
                    let sent = Mutex(0)
                    async let written: Void = pattern.write(size, to: outbound) { count in
                        sent.withLock { $0 = count }
                    }
                    // Neither reads: both senders must come to a halt, long before the end.
                    let halted = try await Self.halt { sent.withLock { $0 } }
                    // The far ends' buffers are small. In between, kernels hold up to 4 MB of a sender and 32 MB of a
                    // receiver on each of two connections, and the streams a few hundred kB.
                    #expect(halted < 74 << 20)
                    daemonReads.open()
                    var tally = Tally()
                    for try await buffer in inbound {
                        if tally.add(buffer) == size {
                            break
                        }
                    }
                    try await written
                    let expected = Tally(of: pattern, count: size)
                    #expect(tally == expected)
                    try await eventually("the daemon has all") { daemonSide.withLock { $0.count } == size }
                    #expect(daemonSide.withLock { $0 } == expected)
                    allIsThere.open()
                }
            }
        }
    }

    /// Waits until a count stays the same for a second.
    private static func halt(_ count: () -> Int) async throws -> Int {
        var last = -1
        var since = ContinuousClock.now
        while ContinuousClock.now - since < .seconds(1) {
            let now = count()
            if now != last {
                (last, since) = (now, .now)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return last
    }

    @Test("a daemon that is not there is told at once, by a reset")
    func noDaemon() async throws {
        let nobody = try Address(host: "127.0.0.1", port: Int(try FreePort.find()))
        try await ForwardingRig.run(daemon: nobody) { rig in
            let start = ContinuousClock.now
            let connection = try await ForwardingRig.connect(rig.port.address)
            let bytes = try? await connection.executeThenClose { inbound, outbound in
                var bytes = inbound.makeAsyncIterator()
                return try await bytes.readToEnd()
            }
            #expect((bytes ?? []).isEmpty)
            #expect(ContinuousClock.now - start < .seconds(8))
            #expect(rig.streams.count(of: ForwardingRig.lease) == 0)
        }
    }

    @Test("a daemon that breaks off breaks the stream: no one takes it for whole")
    func daemonResets() async throws {
        let daemon = """
            import socket, struct
            listener = socket.create_server(("127.0.0.1", 0))
            print(listener.getsockname()[1], flush=True)
            connection = listener.accept()[0]
            connection.sendall(b"half")
            connection.recv(3)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            """
        try await ChildProcess.run("python3", arguments: ["-c", daemon]) { child in
            let line = try await child.nextLine()
            let port = try #require(line.flatMap { Int($0) })
            try await ForwardingRig.run(daemon: try Address(host: "127.0.0.1", port: port)) { rig in
                let connection = try await ForwardingRig.connect(rig.port.address)
                await #expect(throws: (any Error).self) {
                    try await connection.executeThenClose { inbound, outbound in
                        var bytes = inbound.makeAsyncIterator()
                        let half = try await bytes.read(4)
                        #expect(half == Array("half".utf8))
                        try await outbound.write(ByteBuffer(string: "end"))
                        _ = try await bytes.readToEnd()
                    }
                }
                try await eventually("the stream is counted no more") {
                    rig.streams.count(of: ForwardingRig.lease) == 0
                }
            }
        }
    }

    @Test("the end of a lease ends its streams")
    func leaseEnds() async throws {
        try await ForwardingRig.withEcho { daemon in
            try await ForwardingRig.run(daemon: daemon) { rig in
                let connection = try await ForwardingRig.connect(rig.port.address)
                await #expect(throws: (any Error).self) {
                    try await connection.executeThenClose { inbound, outbound in
                        try await outbound.write(ByteBuffer(string: "hello"))
                        var bytes = inbound.makeAsyncIterator()
                        #expect(try await bytes.read(5) == Array("hello".utf8))
                        rig.streams.leaseEnded(ForwardingRig.lease)
                        _ = try await bytes.readToEnd()
                    }
                }
                #expect(rig.streams.count(of: ForwardingRig.lease) == 0)
            }
        }
    }
}

/// Bytes that differ from place to place, so that lost, doubled and exchanged pieces are seen.
private struct Pattern: Sendable {
    let block: [UInt8]

    init() {
        var generator = SeededGenerator(seed: 5)
        self.block = (0..<(1 << 20) / 8).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
    }

    func write(
        _ size: Int, to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, _ onCount: (Int) -> Void
    ) async throws {
        for index in 0..<size / self.block.count {
            var buffer = ByteBuffer(bytes: self.block)
            buffer.setInteger(index, at: 0)
            while let piece = buffer.readSlice(length: min(64 << 10, buffer.readableBytes)), piece.readableBytes > 0 {
                try await outbound.write(piece)
                onCount(index * self.block.count + self.block.count - buffer.readableBytes)
            }
        }
    }
}

/// A checksum in which the order counts.
private struct Tally: Hashable {
    var count = 0
    private var sum: UInt64 = 0

    init() {}

    init(of pattern: Pattern, count: Int) {
        for index in 0..<count / pattern.block.count {
            var buffer = ByteBuffer(bytes: pattern.block)
            buffer.setInteger(index, at: 0)
            self.add(buffer)
        }
    }

    /// - Returns: How many bytes there are now.
    @discardableResult
    mutating func add(_ buffer: ByteBuffer) -> Int {
        self.count += buffer.readableBytes
        buffer.withUnsafeReadableBytes { bytes in
            for byte in bytes {
                self.sum = self.sum &* 31 &+ UInt64(byte)
            }
        }
        return self.count
    }
}

/// Lets somebody wait until it is opened.
private struct Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (self.stream, self.continuation) = AsyncStream.makeStream()
    }

    func open() {
        self.continuation.finish()
    }

    func wait() async {
        for await _ in self.stream {}
    }
}
