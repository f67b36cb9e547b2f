import Glibc
import NIOCore
import NIOPosix
import PoDCore
import PoDRendezvous

/// Where a master takes ``AdminRequest``s: a Unix socket that only its own user can use.
///
/// It lies in a directory of mode 0700, has mode 0600, and asks the kernel who is at the other end (`SO_PEERCRED`).
/// One connection, one line, one answer, and it is closed.
public struct AdminSocket: Sendable {
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
    /// - Parameter onListening: Called once, when requests are taken.
    /// - Throws: ``SessionError`` when it can't listen there, such as when another master does.
    public func run(
        onListening: @Sendable () async -> Void = {},
        _ answer: @escaping @Sendable (AdminRequest) async -> AdminAnswer
    ) async throws {
        let server = try await self.bind()
        defer { unlink(self.path) }
        await onListening()
        try await server.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    group.addTask {
                        if connection.userID == geteuid() {
                            await AdminConversation.serve(connection.lines, answer)
                        } else {
                            try? await connection.lines.executeThenClose { _, _ in }
                        }
                    }
                }
            }
        }
    }

    // MARK: - Listening

    private struct Connection {
        let lines: ControlChannel.Lines
        let userID: uid_t
    }

    private func bind() async throws -> NIOAsyncChannel<Connection, Never> {
        try await self.clearPath()
        do {
            let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .bearingAcceptErrors()
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
}
