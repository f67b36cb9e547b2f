public import PoDCore

/// The base URL of a MonALISA repository, such as `http://alimonitor.cern.ch`.
public struct RepositoryURL: Hashable, Sendable, CustomStringConvertible {
    /// Without a slash at the end.
    public let description: String

    /// - Throws: ``ValueError`` unless it is `http://` or `https://`, a host, perhaps a port and a path, and nothing
    ///   else: user information would be a secret in a setting that everybody reads.
    public init(parsing text: String) throws(ValueError) {
        guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }) else {
            throw Self.error(text)
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        let isPathPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#\\\"<>^`{|}".utf8.contains($0) }
        guard isPathPlain, Self.isAuthority(authority) else {
            throw Self.error(text)
        }
        var description = text
        while description.hasSuffix("/") {
            description.removeLast()
        }
        self.description = description
    }

    private static func isAuthority(_ authority: Substring) -> Bool {
        if (try? Address(parsing: authority)) != nil {
            return true
        }
        return (try? Address(host: authority, port: 80)) != nil
            && (authority.first == "[" || !authority.utf8.contains(UInt8(ascii: ":")))
    }

    private static func error(_ text: String) -> ValueError {
        ValueError("repository", found: text, expected: "http(s)://host[:port][/path]")
    }
}
