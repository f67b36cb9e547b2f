/// A reader of what strangers send: fed with any bytes, it must not trap, and must keep what it promises.
public struct FuzzTarget: Sendable {
    public let name: String
    /// A phrase for the list.
    public let about: String
    /// Reads bytes, and checks what became of them; what is refused is thrown.
    let read: @Sendable ([UInt8]) throws -> Void

    /// Tries one input, and ends the process where something promised does not hold.
    public func run(_ bytes: [UInt8]) {
        do {
            try self.read(bytes)
        } catch {
            // It goes to logs and terminals, whatever it quotes.
            Promise.isOneLine("\(error)", "the error")
        }
    }
}

extension FuzzTarget {
    public static let all: [FuzzTarget] = [
        .admin, .apmonConfiguration, .batch, .control, .datagram, .directory, .documents, .jdl, .joinFile, .json,
        .monitor, .opening, .proof, .report, .repository, .settings, .ticket, .ticketPayload, .values,
    ]
}
