import Glibc
import NIOCore
import NIOPosix
import PoDCore
import PoDRendezvous

/// Asks a master on this machine.
public enum AdminClient {
    /// One request, one answer.
    ///
    /// - Parameters:
    ///   - path: The admin socket, as the status file's detail ``AdminSocket/detailName`` says.
    ///   - limit: For all of it.
    /// - Throws: ``SessionError`` with ``ExitStatus/unavailable`` when nobody answers there, with
    ///   ``ExitStatus/temporary`` when no answer came in time, with ``ExitStatus/noPermission`` when the socket is
    ///   another user's.
    public static func ask(
        _ request: AdminRequest, at path: String, within limit: Duration = .seconds(10)
    ) async throws(SessionError) -> AdminAnswer {
        try self.check(path)
        do {
            return try await withThrowingTaskGroup(of: AdminAnswer.self) { group in
                group.addTask { try await self.converse(request, path) }
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
            throw SessionError(.unavailable, "nobody answers at \(ValueError.quoted(path)): \(error)")
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

    private static func converse(_ request: AdminRequest, _ path: String) async throws -> AdminAnswer {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
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
