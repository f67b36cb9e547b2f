public import PoDCore
import PoDTickets

/// Why a step of the publisher or the watcher failed: a code to branch on and one line to read.
public struct RendezvousError: Error, Hashable, Sendable, CustomStringConvertible {
    public let status: ExitStatus
    public let description: String

    public init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }

    /// A value that was given as an argument or a setting.
    public init(_ error: ValueError) {
        self.init(.usage, error.description)
    }

    init(_ error: TicketError) {
        self.init(error.status, error.description)
    }
}
