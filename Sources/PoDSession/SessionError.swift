public import PoDCore

/// Why a master or a worker can't do what it should, in one line.
public struct SessionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the process exits with.
    public let status: ExitStatus
    public let description: String

    public init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}
