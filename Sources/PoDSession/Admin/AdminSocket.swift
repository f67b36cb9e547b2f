import Glibc
import NIOCore
import NIOExtras
import NIOPosix
import PoDCore
import PoDRendezvous

/// Where a master takes ``AdminRequest``s: a Unix socket that only its own user can use.
///
/// It lies in a directory of mode 0700, has mode 0600, and asks the kernel who is at the other end (`SO_PEERCRED`).
/// One connection, one line, one answer, and it is closed.
public struct AdminSocket: Sendable {
    /// From a connection to its request.
    static let requestTimeout: TimeAmount = .seconds(10)
    /// From an answer to its being taken.
    static let answerTimeout: TimeAmount = .seconds(30)

    /// To be told in the status file as ``detailName``.
    public let path: String
    /// The name of the status file's detail that holds ``path``.
    public static let detailName = "admin"

    /// Finds a place for it; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - identity: What no other master of this user has at the same time, such as the absolute path of the status
    ///     file.
    ///   - directories: Where to look for a place; by default what the environment says.
    /// - Throws: ``SessionError`` when there is no place that is ours alone.
    public init(
        identity: String, directories: [String] = AdminSocketDirectory.candidates
    ) throws(SessionError) {
        self.path = try AdminSocketDirectory.path(for: identity, in: directories)
    }

    /// Listens and answers until the task is cancelled, and removes the socket.
    ///
    /// - Throws: ``SessionError`` when it can't listen there, such as when another master does.
    public func run(_ answer: @escaping @Sendable (AdminRequest) async -> AdminAnswer) async throws {
        let server = try await self.bind()
        defer { unlink(self.path) }
        try await server.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    group.addTask { await Self.serve(connection, answer) }
                }
            }
        }
    }

    // MARK: - Listening

    private struct Connection {
        let lines: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        let userID: uid_t
    }

    private func bind() async throws -> NIOAsyncChannel<Connection, Never> {
        try await self.clearPath()
        do {
            let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .bind(unixDomainSocketPath: self.path) { channel in
                    Self.peerUserID(of: channel).flatMapThrowing { userID in
                        Connection(lines: try ControlChannel.lines(on: channel), userID: userID)
                    }
                }
            // The directory keeps others out in the meantime.
            guard chmod(self.path, 0o600) == 0 else {
                let failure = SystemCallFailure.now
                try? await server.channel.close()
                throw failure.error(.cannotCreate, "protect", self.path)
            }
            return server
        } catch let error as SessionError {
            throw error
        } catch {
            throw SessionError(.cannotCreate, "can't listen on \(ValueError.quoted(self.path)): \(error)")
        }
    }

    /// What a master that was killed left behind is removed; one that answers is not.
    private func clearPath() async throws {
        guard access(self.path, F_OK) == 0 else { return }
        let other = try? await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(2))
            .connect(unixDomainSocketPath: self.path).get()
        if let other {
            try? await other.close()
            throw SessionError(.temporary, "admin socket \(self.path): another master listens there")
        }
        unlink(self.path)
    }

    /// `struct ucred` of socket(7).
    private struct PeerCredentials {
        var processID: pid_t = 0
        var userID: uid_t = 0
        var groupID: gid_t = 0
    }

    private static func peerUserID(of channel: any Channel) -> EventLoopFuture<uid_t> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let credentials: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        return credentials.map(\.userID)
    }

    // MARK: - Answering

    /// One connection to its end. What goes wrong with it is nobody else's trouble.
    private static func serve(
        _ connection: Connection, _ answer: @Sendable (AdminRequest) async -> AdminAnswer
    ) async {
        let channel = connection.lines.channel
        let late = channel.eventLoop.scheduleTask(in: self.requestTimeout) { channel.close(promise: nil) }
        try? await connection.lines.executeThenClose { inbound, _ in
            guard connection.userID == geteuid() else { return }
            let reply: AdminAnswer
            do {
                guard let line = try await inbound.first(where: { _ in true }) else { return }
                late.cancel()
                reply = await answer(try AdminRequest(parsing: Array(line.readableBytesView)))
            } catch let error as ValueError {
                reply = .failed(.data, reason: error.description)
            } catch is NIOExtrasErrors.LeftOverBytesError {
                return
            } catch {
                reply = .failed(.data, reason: "request: longer than \(AdminRequest.longestLine) bytes")
            }
            let unread = channel.eventLoop.scheduleTask(in: self.answerTimeout) { channel.close(promise: nil) }
            defer { unread.cancel() }
            // Until the kernel has all of it: a connection is closed with what still waits.
            try await channel.writeAndFlush(ByteBuffer(string: reply.document.text + "\n"))
        }
        late.cancel()
    }
}
