public import PoDCore

/// Why something of a site's could not be read or made: a code to branch on and one line to read.
public struct SiteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// ``ExitStatus/unavailable`` where a server is away, ``ExitStatus/noInput`` where an entry is not there,
    /// ``ExitStatus/usage`` and ``ExitStatus/data`` for what is malformed.
    public let status: ExitStatus
    public let description: String

    public init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}
