public import PoDCore

/// The base URL of a MonALISA repository, such as `http://alimonitor.cern.ch`.
public struct RepositoryURL: Hashable, Sendable, CustomStringConvertible {
    /// Without a slash at the end.
    public let description: String

    /// - Throws: ``ValueError`` unless it is `http://` or `https://`, a host, perhaps a port and a path, and nothing
    ///   else: user information would be a secret in a setting that everybody reads.
    public init(parsing text: String) throws(ValueError) {
        guard let url = WebAddress.canonical(text) else {
            throw ValueError("repository", found: text, expected: SettingRule.webAddress.expectation)
        }
        self.description = url
    }
}
