import Foundation
import NIOCore
import NIOPosix
import PoDCore
import PoDSession
import PoDTestKit
import Synchronization
import Testing

/// The admin socket with real connections.
@Suite(.timeLimit(.minutes(10)))
struct AdminSocketTests {
    /// Runs a socket in `directory` for the time of `body`, which gets its path.
    private static func with(
        _ directory: URL, answer: @escaping @Sendable (AdminRequest) async -> AdminAnswer = Self.echo,
        _ body: @Sendable (String) async throws -> Void
    ) async throws {
        let socket = try AdminSocket(identity: "test", directories: [directory.path])
        #expect(socket.path.hasPrefix(directory.path))
        let running = Task { try await socket.run(answer) }
        do {
            try await eventually("it listens") {
                (try? await AdminClient.ask(.status, at: .socket(socket.path))) != nil
            }
            try await body(socket.path)
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        running.cancel()
        _ = await running.result
        #expect(access(socket.path, F_OK) != 0)
    }

    private static let echo: @Sendable (AdminRequest) async -> AdminAnswer = { .done($0.document) }

    /// Sends bytes and gives all that comes back until the other side closes.
    private static func raw(_ bytes: [UInt8], to path: String) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            // It may have had enough before all is written.
            try? await outbound.write(ByteBuffer(bytes: bytes))
            var text = ""
            do {
                for try await part in inbound {
                    text += String(buffer: part)
                }
            } catch {}
            return text
        }
    }

    @Test("many requests at once get each its own answer, large ones too")
    func answers() async throws {
        try await TemporaryDirectory.with { directory in
            let workers = (1...10_000 as ClosedRange<UInt64>).map { WorkerViewTests.worker($0) }
            try await Self.with(
                directory,
                answer: { request in
                    switch request {
                    case .list: .workers(workers)
                    case .want(0): .failed(.noInput, reason: "no")
                    default: .done(request.document)
                    }
                }
            ) { path in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...50 {
                        group.addTask {
                            let request = AdminRequest.want(number)
                            let answer = try await AdminClient.ask(request, at: .socket(path))
                            #expect(answer == .done(request.document))
                        }
                    }
                    try await group.waitForAll()
                }
                let refused = try await AdminClient.ask(.want(0), at: .socket(path))
                #expect(refused == .failed(.noInput, reason: "no"))
                #expect(try await AdminClient.ask(.list, at: .socket(path)) == .workers(workers))
            }
        }
    }

    @Test("garbage, an endless line and a line cut short harm nobody")
    func garbage() async throws {
        try await TemporaryDirectory.with { directory in
            try await Self.with(directory) { path in
                let cases: [(bytes: [UInt8], answer: String)] = [
                    (Array("garbage\n".utf8), #"{"error":{"code":65,"reason":"request: JSON"#),
                    ([0, 255, 10], #"{"error":{"code":65,"reason":"request: JSON"#),
                    (Array("\n".utf8), #"{"error":{"code":65,"#),
                    (Array(repeating: UInt8(ascii: "["), count: 60_000) + [10], #"{"error":{"code":65,"#),
                    (
                        Array(repeating: UInt8(ascii: "x"), count: 4 << 20),
                        #"{"error":{"code":65,"reason":"request: longer than 65536 bytes"}}"#
                    ),
                    (Array("{\"request\":\"status\"}\n{\"request\":\"status\"}\n".utf8), #"{"result":{"#),
                ]
                for (bytes, answer) in cases {
                    let text = try await Self.raw(bytes, to: path)
                    #expect(text.hasPrefix(answer), "\(bytes.prefix(20)): \(text.prefix(200))")
                    #expect(text.hasSuffix("\n") && text.filter { $0 == "\n" }.count == 1)
                }
                #expect(try await AdminClient.ask(.list, at: .socket(path)) == .done(AdminRequest.list.document))
            }
        }
    }

    @Test("it is for its owner alone, and goes with the task")
    func modes() async throws {
        try await TemporaryDirectory.with { directory in
            try await Self.with(directory) { path in
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    @Test("another user's request is not read", .enabled(if: geteuid() == 0, "needs root to become another user"))
    func otherUser() async throws {
        try await TemporaryDirectory.with { directory in
            let asked = Mutex(0)
            let answer: @Sendable (AdminRequest) async -> AdminAnswer = { _ in
                asked.withLock { $0 += 1 }
                return .done(.object([]))
            }
            try await Self.with(directory, answer: answer) { path in
                let before = asked.withLock { $0 }
                let script = """
                    use IO::Socket::UNIX; $) = "65534 65534"; $> = 65534;
                    my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or do { print "refused: $!\\n"; exit };
                    local $SIG{PIPE} = 'IGNORE';
                    syswrite $s, qq({"request":"status"}\\n); print "got: ", <$s> // 'nothing', "\\n";
                    """
                let ask = { () async throws -> String? in
                    try await ChildProcess.run("perl", arguments: ["-e", script, path]) {
                        try await $0.nextLine()
                    }
                }
                #expect(try await ask() == "refused: Permission denied")
                // Where neither directory nor mode keep others out, the kernel's word does.
                for open in [directory.deletingLastPathComponent().path, directory.path, path]
                where open != "/tmp" {
                    chmod(open, 0o777)
                }
                #expect(try await ask() == "got: nothing")
                #expect(asked.withLock { $0 } == before)
                chmod(directory.path, 0o700)
                _ = try await AdminClient.ask(.status, at: .socket(path))
                #expect(asked.withLock { $0 } == before + 1)
            }
        }
    }

    @Test("what a killed master left is taken over, a living one's is not")
    func leftBehind() async throws {
        try await TemporaryDirectory.with { directory in
            try Data().write(to: directory.appendingPathComponent("x"))
            let path = try AdminSocket(identity: "test", directories: [directory.path]).path
            try Data().write(to: URL(fileURLWithPath: path))
            try await Self.with(directory) { path in
                let second = try AdminSocket(identity: "test", directories: [directory.path])
                #expect(second.path == path)
                let error = await #expect(throws: SessionError.self) { try await second.run(Self.echo) }
                #expect(error?.status == .temporary)
                #expect(try await AdminClient.ask(.list, at: .socket(path)) == .done(AdminRequest.list.document))
            }
        }
    }

    @Test("its path fits into 108 bytes, whatever the directories are")
    func longPath() async throws {
        try await TemporaryDirectory.with { directory in
            let long = directory.appendingPathComponent(String(repeating: "d", count: 120))
            let open = directory.appendingPathComponent("open")
            let link = directory.appendingPathComponent("link")
            for made in [long, open] {
                try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
            }
            chmod(long.path, 0o700)
            chmod(open.path, 0o755)
            symlink(directory.path, link.path)
            let socket = try AdminSocket(
                identity: "test", directories: [long.path, open.path, link.path, "/nonexistent/x"])
            defer { rmdir((socket.path as NSString).deletingLastPathComponent) }
            #expect(socket.path.hasPrefix("/tmp/alien-pod-"))
            #expect(socket.path.utf8.count <= AdminSocketDirectory.longestPath)
            let running = Task { try await socket.run(Self.echo) }
            try await eventually("it listens") {
                (try? await AdminClient.ask(.status, at: .socket(socket.path))) != nil
            }
            running.cancel()
            _ = await running.result

            let error = await #expect(throws: SessionError.self) {
                try await AdminClient.ask(.status, at: .socket(long.appendingPathComponent("s").path))
            }
            #expect(error?.status == .usage)
        }
    }

    @Test("nobody there, no socket, and no answer in time are told apart")
    func clientErrors() async throws {
        try await TemporaryDirectory.with { directory in
            let file = directory.appendingPathComponent("file").path
            try Data().write(to: URL(fileURLWithPath: file))
            let cases: [(path: String, status: PoDCore.ExitStatus)] = [
                (directory.appendingPathComponent("none").path, .unavailable), (file, .noPermission),
            ]
            for (path, status) in cases {
                let error = await #expect(throws: SessionError.self) {
                    try await AdminClient.ask(.status, at: .socket(path))
                }
                #expect(error?.status == status)
            }
            try await Self.with(
                directory,
                answer: { request in
                    if request == .list { try? await Task.sleep(for: .seconds(600)) }
                    return .done(request.document)
                }
            ) { path in
                let error = await #expect(throws: SessionError.self) {
                    try await AdminClient.ask(.list, at: .socket(path), within: .milliseconds(100))
                }
                #expect(error?.status == .temporary)
                // One that hangs holds up nobody.
                let answer = try await AdminClient.ask(.want(1), at: .socket(path))
                #expect(answer == .done(AdminRequest.want(1).document))
            }
        }
    }
}
