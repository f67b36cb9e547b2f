import AliEnSite
import ArgumentParser
import Foundation
import PoDCore

/// Which LDAP servers are asked for settings, and how.
struct DirectoryArguments: ParsableArguments {
    @Option(help: "An LDAP server as ldap(s)://HOST[:PORT]; when one of several fails, the next is asked.")
    var ldap: [String] = []

    @Option(help: "The VO's base DN, such as o=alice,dc=cern,dc=ch. ALIEN_LDAP_DN (host:port/base) if not given.")
    var base: String?

    @Option(help: "The site.")
    var site: String?

    @Flag(name: .customLong("start-tls"), help: "Ask ldap:// servers for TLS first, and go no further without.")
    var startTLS = false

    @Option(help: "The certificates that are trusted for TLS; the system's if not given.")
    var caFile: String?

    @Option(help: "Seconds that connecting to LDAP may take, and each answer; 1 to 600.")
    var timeout: Int = 10

    func validate() throws {
        guard (1...600).contains(self.timeout) else {
            throw ValidationError("--timeout: expected 1 to 600, found \(self.timeout)")
        }
    }

    /// Asks for the settings of the VO, the site and a CE.
    ///
    /// - Returns: `nil` where no server is named.
    func settings(
        ofCE ce: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> DirectoryLookup.Result? {
        guard
            let location = try DirectoryLocation(
                servers: self.ldap, base: self.base, site: self.site, computingElement: ce,
                alienLDAPDN: environment["ALIEN_LDAP_DN"], startsTLS: self.startTLS,
                certificateAuthorities: self.caFile, timeLimit: self.timeout)
        else { return nil }
        return try DirectoryLookup(cache: SettingsCache(environment: environment)).settings(of: location)
    }
}
