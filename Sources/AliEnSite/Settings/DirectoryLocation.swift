public import PoDCore

/// Which settings are asked for: the servers, the VO's base, and perhaps a site and one of its CEs.
public struct DirectoryLocation: Hashable, Sendable {
    /// Asked one after the other until one answers.
    public let servers: [LDAPServer]
    /// The VO's base, such as `o=alice,dc=cern,dc=ch`.
    public let base: String
    public let site: String?
    public let computingElement: String?
    /// Ask `ldap://` servers for TLS before anything else.
    public let startsTLS: Bool
    /// The file of the certificates that are trusted; the system's if `nil`.
    public let certificateAuthorities: String?
    /// Seconds that connecting to a server may take, and each answer.
    public let timeLimit: Int

    /// Takes what a command line says; what it leaves out comes from `ALIEN_LDAP_DN`, as AliEn has it:
    /// `host:port/base`.
    ///
    /// - Parameters:
    ///   - servers: URLs, `ldap://host[:port]` or `ldaps://…`.
    ///   - computingElement: A name at the site, or `VO::Site::Name`.
    /// - Returns: `nil` where neither names a server or a base.
    /// - Throws: ``ValueError`` for what is malformed or does not fit together.
    public init?(
        servers: [String], base: String?, site: String?, computingElement: String?, alienLDAPDN: String?,
        startsTLS: Bool = false, certificateAuthorities: String? = nil, timeLimit: Int = 10
    ) throws(ValueError) {
        var servers = servers
        var base = base
        if let alienLDAPDN, !alienLDAPDN.isEmpty, servers.isEmpty || base == nil {
            let parts = alienLDAPDN.split(separator: "/", maxSplits: 1)
            guard parts.count == 2 else {
                throw ValueError("ALIEN_LDAP_DN", found: alienLDAPDN, expected: "host:port/base")
            }
            servers = servers.isEmpty ? ["ldap://\(parts[0])"] : servers
            base = base ?? String(parts[1])
        }
        if servers.isEmpty, base == nil {
            guard site == nil, computingElement == nil else {
                throw ValueError("LDAP server", "not named: expected --ldap and --base, or ALIEN_LDAP_DN")
            }
            return nil
        }
        guard !servers.isEmpty else {
            throw ValueError("LDAP server", "not named: expected --ldap, or ALIEN_LDAP_DN")
        }
        guard let base, base.contains("=") else {
            throw ValueError("base", found: base ?? "", expected: "a DN such as o=alice,dc=cern,dc=ch")
        }
        var parsed: [LDAPServer] = []
        for server in servers {
            parsed.append(try LDAPServer(parsing: server))
        }
        self.servers = parsed
        self.base = base
        (self.site, self.computingElement) = try Self.split(computingElement, site: site, base: base)
        self.startsTLS = startsTLS
        self.certificateAuthorities = certificateAuthorities
        self.timeLimit = timeLimit
    }

    /// Site and name of a CE that may be named in full.
    private static func split(
        _ computingElement: String?, site: String?, base: String
    ) throws(ValueError) -> (site: String?, name: String?) {
        guard let computingElement else { return (site, nil) }
        guard computingElement.contains(":") else {
            guard site != nil else {
                throw ValueError("CE", found: computingElement, expected: "VO::Site::Name, or a site beside it")
            }
            return (site, computingElement)
        }
        guard SettingRule.computingElement.canonical(computingElement) != nil else {
            throw ValueError("CE", found: computingElement, expected: SettingRule.computingElement.expectation)
        }
        let parts = computingElement.split(separator: ":").map(String.init)
        if let organisation = AliEnTree(base: base).organisationName,
            organisation.lowercased() != parts[0].lowercased()
        {
            throw ValueError("CE", found: computingElement, expected: "one of the VO \(organisation), by the base")
        }
        guard site == nil || site == parts[1] else {
            throw ValueError(
                "CE", found: computingElement, expected: "one of the site \(ValueError.quoted(site ?? ""))")
        }
        return (parts[1], parts[2])
    }
}
