public import PoDCore

/// Why a repository could not be asked, or its answer not be used: one line that names the URL.
public struct RepositoryError: Error, Hashable, Sendable, CustomStringConvertible {
    public let status: ExitStatus
    public let description: String

    public init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}
