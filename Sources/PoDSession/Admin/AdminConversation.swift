import NIOCore
import NIOExtras
import PoDCore

/// What a master does with a connection of its user's: one line, one answer, and it is closed.
enum AdminConversation {
    /// From a connection to its request.
    private static let requestTimeout: TimeAmount = .seconds(10)
    /// From an answer to its being taken.
    private static let answerTimeout: TimeAmount = .seconds(30)

    /// One connection to its end. What goes wrong with it is nobody else's trouble.
    static func serve(
        _ lines: ControlChannel.Lines, _ answer: @Sendable (AdminRequest) async -> AdminAnswer
    ) async {
        let channel = lines.channel
        let late = channel.eventLoop.scheduleTask(in: self.requestTimeout) { channel.close(promise: nil) }
        try? await lines.executeThenClose { inbound, _ in
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
