import AliEnSite
import ArgumentParser
import Foundation

/// Which LDAP settings a command is about.
struct DirectoryArguments: ParsableArguments {
    @Option(help: "An LDAP server as ldap(s)://HOST[:PORT]; when one of several fails, the next is asked.")
    var ldap: [String] = []

    @Option(help: "The VO's base DN, such as o=alice,dc=cern,dc=ch. ALIEN_LDAP_DN (host:port/base) if not given.")
    var base: String?

    @Option(help: "The site.")
    var site: String?

    @Option(help: "The CE: its name at the site, or VO::Site::Name.")
    var ce: String?

    @Flag(name: .customLong("start-tls"), help: "Ask ldap:// servers for TLS first, and go no further without.")
    var startTLS = false

    @Option(help: "The certificates that are trusted for TLS; the system's if not given.")
    var caFile: String?

    @Option(help: "Seconds that connecting may take, and each answer; 1 to 600.")
    var timeout: Int = 10

    func validate() throws {
        guard (1...600).contains(self.timeout) else {
            throw ValidationError("--timeout: expected 1 to 600, found \(self.timeout)")
        }
    }

    /// What LDAP says, or the copy of its last answer.
    ///
    /// - Returns: `nil` where no server is named.
    func settings(_ environment: [String: String]) throws -> DirectoryLookup.Result? {
        try self.location(environment).map { location in
            try DirectoryLookup(cache: SettingsCache(environment: environment)).settings(of: location)
        }
    }

    /// - Returns: `nil` where no server is named.
    func location(_ environment: [String: String]) throws -> DirectoryLocation? {
        try DirectoryLocation(
            servers: self.ldap, base: self.base, site: self.site, computingElement: self.ce,
            alienLDAPDN: environment["ALIEN_LDAP_DN"], startsTLS: self.startTLS,
            certificateAuthorities: self.caFile, timeLimit: self.timeout)
    }
}
