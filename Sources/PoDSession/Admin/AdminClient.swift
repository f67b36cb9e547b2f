import Glibc
import NIOCore
import NIOPosix
public import PoDCore
import PoDRendezvous

/// Asks a master.
public enum AdminClient {
    /// Where a master takes requests.
    public enum Place: Sendable {
        /// The path of its admin socket, as the status file's detail ``AdminSocket/detailName`` says; on this machine.
        case socket(String)
        /// Its control port, for whoever has the session's key.
        case controlPort(Address, ChannelIdentity)
    }

    /// One request, one answer.
    ///
    /// - Parameter limit: For all of it.
    /// - Throws: ``SessionError`` with ``ExitStatus/unavailable`` when nobody answers there, with
    ///   ``ExitStatus/temporary`` when no answer came in time, with ``ExitStatus/noPermission`` when the socket is
    ///   another user's, or the master another one.
    public static func ask(
        _ request: AdminRequest, at place: Place, within limit: Duration = .seconds(10)
    ) async throws(SessionError) -> AdminAnswer {
        if case .socket(let path) = place {
            try self.check(path)
        }
        do {
            return try await withThrowingTaskGroup(of: AdminAnswer.self) { group in
                group.addTask { try await self.converse(request, place) }
                group.addTask {
                    try await Task.sleep(for: limit)
                    throw SessionError(.temporary, "the master did not answer within \(limit)")
                }
                defer { group.cancelAll() }
                guard let answer = try await group.next() else { throw CancellationError() }
                return answer
            }
        } catch let error as SessionError {
            throw error
        } catch {
            throw SessionError(.unavailable, "nobody answers at \(place): \(error)")
        }
    }

    private static func check(_ path: String) throws(SessionError) {
        var status = stat()
        guard path.utf8.count <= AdminSocketDirectory.longestPath else {
            throw SessionError(
                .usage,
                "admin socket \(ValueError.quoted(path)): longer than \(AdminSocketDirectory.longestPath) bytes")
        }
        guard lstat(path, &status) == 0 else {
            throw SystemCallFailure.now.error(.unavailable, "find admin socket", path)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == geteuid() else {
            throw SessionError(
                .noPermission, "admin socket \(ValueError.quoted(path)): expected a socket of this user's")
        }
    }

    private static func connect(to place: Place) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        switch place {
        case .socket(let path):
            return try await bootstrap.connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
            }
        case .controlPort(let master, let identity):
            let tls = try ChannelTLS(identity, role: .peer)
            return try await bootstrap.connect(host: master.host, port: Int(master.port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(tls.peerHandler(pinning: identity.thumbprint))
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
        }
    }

    private static func converse(_ request: AdminRequest, _ place: Place) async throws -> AdminAnswer {
        try await self.connect(to: place).executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request.document.text + "\n"))
            var answer: [UInt8] = []
            for try await part in inbound {
                answer.append(contentsOf: part.readableBytesView)
                guard answer.count <= AdminAnswer.longestLine else {
                    throw SessionError(.data, "the master's answer is longer than \(AdminAnswer.longestLine) bytes")
                }
            }
            do {
                return try AdminAnswer(document: try JSONValue(parsing: answer))
            } catch {
                throw SessionError(.data, "the master's answer can't be read: \(error)")
            }
        }
    }
}

extension AdminClient.Place: CustomStringConvertible {
    public var description: String {
        switch self {
        case .socket(let path): ValueError.quoted(path)
        case .controlPort(let master, _): master.description
        }
    }
}
