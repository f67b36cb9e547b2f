public import PoDCore

/// An LDAP server: `ldap://host[:port]` or `ldaps://host[:port]`.
public struct LDAPServer: Hashable, Sendable, CustomStringConvertible {
    /// The URL, without a slash at the end.
    public let description: String

    /// - Throws: ``ValueError`` for anything but scheme, host and port: what is read is decided by the base.
    public init(parsing text: String) throws(ValueError) {
        let scheme = ["ldap://", "ldaps://"].first { text.lowercased().hasPrefix($0) }
        let rest = text.dropFirst(scheme?.count ?? 0)
        let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
        guard let scheme, Self.isAuthority(authority) else {
            throw ValueError("LDAP server", found: text, expected: "ldap(s)://host[:port]")
        }
        self.description = scheme + authority
    }

    /// Whether the connection is in TLS from the first byte.
    public var isEncrypted: Bool { self.description.hasPrefix("ldaps:") }

    private static func isAuthority(_ text: Substring) -> Bool {
        (try? Address(parsing: text)) != nil
            || ((try? Address(host: text, port: 389)) != nil && (text.hasPrefix("[") || !text.contains(":")))
    }
}
