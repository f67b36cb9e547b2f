import AliEnSite
import Foundation
import PoDCore
import PoDTestKit
import Testing

/// Settings from a real slapd.
@Suite(.enabled(if: AliEnDirectory.canRun, "slapd is not installed"), .timeLimit(.minutes(10)))
struct DirectoryTests {
    private func location(
        _ servers: [String], base: String = AliEnDirectory.base, site: String? = AliEnDirectory.site,
        ce: String? = AliEnDirectory.computingElementName, startsTLS: Bool = false, authorities: String? = nil,
        timeLimit: Int = 10
    ) throws -> DirectoryLocation {
        try #require(
            try DirectoryLocation(
                servers: servers, base: base, site: site, computingElement: ce, alienLDAPDN: nil, startsTLS: startsTLS,
                certificateAuthorities: authorities, timeLimit: timeLimit))
    }

    private func resolved(_ found: DirectorySettings) -> ResolvedSettings {
        var sources = SettingSources()
        found.add(to: &sources)
        return sources.resolved()
    }

    @Test("CE, MonaLisa and VO, each setting by itself")
    func levels() async throws {
        var tree = AliEnDirectory()
        tree.organisation = [
            ("podCheckPeriod", "45"), ("podmonalisaurl", "http://vo.example.org/"), ("podPublishPeriod", "9"),
            ("podTrustedKey", "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdE="),
            ("podTrustedKey", "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789+/aBcDe="), ("processPort", "9000"),
            ("processPort", "9001"),
        ]
        tree.computingElement = [("podCheckPeriod", "60"), ("podRunTime", "3600"), ("podEnabled", "yes")]
        tree.monaLisa = [
            ("podMonalisaUrl", "http://ml-a.example.org/rest/"), ("podMonalisaUrl", "http://ml-b.example.org"),
        ]
        try await tree.run { servers in
            let settings = self.resolved(try DirectoryReader(try self.location([servers.plain])).read())
            #expect(settings.problems.isEmpty && settings.warnings.isEmpty)
            #expect(try settings.values(of: .checkPeriod) == ["60"])
            #expect(try settings.values(of: .runTime) == ["3600"])
            #expect(
                try settings.values(of: .publishPeriod) == ["9"], "not the 7 of a MonaLisa that the host does not name")
            #expect(
                try Set(settings.values(of: .monalisaUrl)) == [
                    "http://ml-a.example.org/rest", "http://ml-b.example.org",
                ])
            #expect(try settings.values(of: .trustedKey).count == 2)
            #expect(try settings.values(of: .masterPorts) == ["9000-9001"])
            let dn = "name=PODCE,ou=CE,ou=Services,ou=TestSite,ou=Sites,\(AliEnDirectory.base)"
            #expect(settings.all.first { $0.setting == .enabled }?.origin == .directory(dn: dn))

            let whole = DirectoryReader(try self.location([servers.plain], site: nil, ce: "alice::TestSite::podce"))
            #expect(try self.resolved(try whole.read()).values(of: .checkPeriod) == ["60"])
            let organisation = try DirectoryReader(try self.location([servers.plain], site: nil, ce: nil)).read()
            #expect(try self.resolved(organisation).values(of: .checkPeriod) == ["45"])
            let site = try DirectoryReader(try self.location([servers.plain], ce: nil)).read()
            #expect(
                try self.resolved(site).values(of: .publishPeriod) == ["7"], "no host names one: the first is taken")
        }
    }

    @Test("bad values and names, with attribute and DN; settings where AliEn does not look")
    func badValues() async throws {
        var tree = AliEnDirectory()
        tree.furtherSchema =
            "attributetype ( 2.25.1.1 NAME 'podCheckPeriode' SUP name )\n"
            + "objectclass ( 2.25.1.2 NAME 'Mistyped' SUP top AUXILIARY MAY podCheckPeriode )"
        tree.organisation = [("objectClass", "Mistyped"), ("podMaxWorkers", "1001"), ("podCheckPeriode", "1")]
        tree.computingElement = [("podCheckPeriod", "often"), ("podEnabled", "TRUE")]
        tree.siteEntry = [("podRunTime", "111")]
        tree.host = [("podCheckPeriod", "99")]
        try await tree.run { servers in
            let found = try DirectoryReader(try self.location([servers.plain])).read()
            let settings = self.resolved(found)
            let ce = "name=PODCE,ou=CE,ou=Services,ou=TestSite,ou=Sites,\(AliEnDirectory.base)"
            let organisation = "ou=Config,\(AliEnDirectory.base)"
            #expect(
                settings.problems.map(\.description) == [
                    "podEnabled of \(ce): expected yes or no, found \"TRUE\"",
                    "podCheckPeriod of \(ce): expected a whole number of seconds from 1 to 3600, found \"often\"",
                    "podMaxWorkers of \(organisation): expected a whole number from 0 to 1000, found \"1001\"",
                ])
            #expect(
                settings.warnings == [
                    "podCheckPeriode of \(organisation): no such setting; the nearest is podCheckPeriod"
                ])
            #expect(found.misplaced.count == 2)
            #expect(found.misplaced.contains { $0.hasPrefix("podRunTime of ou=TestSite,") })
            #expect(found.misplaced.contains { $0.hasPrefix("podCheckPeriod of host=vobox.example.org,") })
        }
    }

    @Test("what has no entry is named, with the nearest that has one, page by page")
    func missingEntries() async throws {
        var tree = AliEnDirectory()
        tree.siteEntry = [("ou", "x\u{1B}y")]
        tree.furtherComputingElements = 450
        tree.sizeLimit = 250
        try await tree.run { servers in
            func error(_ base: String, _ site: String, _ ce: String?) throws -> SiteError? {
                let location = try self.location([servers.plain], base: base, site: site, ce: ce)
                return #expect(throws: SiteError.self) { try DirectoryReader(location).read() }
            }
            let base = AliEnDirectory.base
            let ce = try error(base, "TestSite", "CE4499")
            #expect(ce?.status == .noInput)
            #expect(ce?.description.hasPrefix("CE \"CE4499\": not in LDAP, at ou=CE,ou=Services,") == true)
            #expect(ce?.description.hasSuffix("the nearest is CE449") == true, "the last of three pages")
            let site = try error(base, "Testsight", nil)
            #expect(site?.status == .noInput)
            #expect(site?.description.hasSuffix("the nearest is TestSite") == true)
            let other = try error(base, "x-y", nil)
            #expect(other?.description.hasSuffix(#"the nearest is "x\u{1B}y""#) == true, "no word to the terminal")
            let organisation = try error("o=atlas,dc=example,dc=org", "x", nil)
            #expect(organisation?.status == .noInput)
            #expect(organisation?.description.contains("ou=Config,o=atlas,dc=example,dc=org") == true)
            #expect(try error("o=a+,=", "x", nil)?.status == .usage)
            #expect(try error(base, "a,b*)(\u{E9}", nil)?.status == .noInput)
        }
    }

    @Test("the next server is asked when one is away, refuses, or is silent")
    func failOver() async throws {
        let silent = try SilentServer()
        try await AliEnDirectory().run { servers in
            let away = "ldap://127.0.0.1:\(try FreePort.find())"
            let quiet = "ldap://127.0.0.1:\(silent.port)"
            let quietTLS = "ldaps://127.0.0.1:\(silent.port)"
            let location = try self.location([away, quiet, quietTLS, servers.plain], timeLimit: 1)
            #expect(try !DirectoryReader(location).read().sources.isEmpty)
            let none = try self.location([away, quiet, quietTLS], timeLimit: 1)
            let error = #expect(throws: SiteError.self) { try DirectoryReader(none).read() }
            #expect(error?.status == .unavailable)
            for server in [away, quiet, quietTLS] {
                #expect(error?.description.contains("\(server): can't connect: ") == true)
            }
        }
    }

    @Test("ldaps and StartTLS, only with a certificate that is trusted")
    func encryption() async throws {
        try await TemporaryDirectory.with { directory in
            let certificate = directory.appendingPathComponent("certificate.pem")
            let key = directory.appendingPathComponent("key.pem")
            let other = directory.appendingPathComponent("other.pem")
            for (file, keyFile) in [(certificate, key), (other, directory.appendingPathComponent("other-key.pem"))] {
                let arguments = [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-out", file.path, "-keyout", keyFile.path,
                ]
                try await ChildProcess.run("openssl", arguments: arguments) { child in
                    let ending = try await child.ending()
                    #expect(ending == .exited(code: 0), "\(child.errorText)")
                }
            }
            var tree = AliEnDirectory()
            tree.certificate = (certificate, key)
            try await tree.run { servers in
                for (url, startsTLS) in [(servers.encrypted, false), (servers.encrypted, true), (servers.plain, true)] {
                    let trusting = try self.location([url], startsTLS: startsTLS, authorities: certificate.path)
                    #expect(try !DirectoryReader(trusting).read().sources.isEmpty)
                    for authorities in [other.path, nil] {
                        let doubting = try self.location([url], startsTLS: startsTLS, authorities: authorities)
                        let error = #expect(throws: SiteError.self) { try DirectoryReader(doubting).read() }
                        #expect(error?.status == .unavailable)
                    }
                }
            }
        }
        try await AliEnDirectory().run { servers in
            let location = try self.location([servers.plain], startsTLS: true)
            let error = #expect(throws: SiteError.self) { try DirectoryReader(location).read() }
            #expect(
                error?.description.contains("can't start TLS") == true, "a server without TLS is not read in the clear")
        }
    }

    @Test("the copy of the last answer serves while LDAP is away, for seven days")
    func copy() async throws {
        try await TemporaryDirectory.with { directory in
            let lookup = DirectoryLookup(cache: SettingsCache(directory: directory.appendingPathComponent("cache")))
            let now = Date()
            var tree = AliEnDirectory()
            tree.organisation = [
                ("podTrustedKey", "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdE="), ("processPort", "1"),
            ]
            tree.siteEntry = [("podRunTime", "1")]
            let (location, first) = try await tree.run { servers in
                let location = try self.location([servers.plain])
                return (location, try lookup.settings(of: location, at: now))
            }
            #expect(!first.isFromCopy && first.warnings.isEmpty)
            let later = try lookup.settings(of: location, at: now.addingTimeInterval(3 * 3600))
            #expect(later.isFromCopy)
            #expect(later.settings == first.settings)
            let warning = try #require(later.warnings.first)
            #expect(warning.hasPrefix("LDAP is away, its answer of 3 h ago is used: ldap://127.0.0.1:"))
            for time in [SettingsCache.longestAge + 1, -60] {
                let error = #expect(throws: SiteError.self) {
                    try lookup.settings(of: location, at: now.addingTimeInterval(time))
                }
                #expect(error?.status == .unavailable)
            }
            let otherSite = try self.location(location.servers.map(\.description), site: "Other")
            #expect(throws: SiteError.self) { try lookup.settings(of: otherSite, at: now) }
        }
    }

    @Test("an entry that is gone is no reason for the copy")
    func copyIsNotForMissingEntries() async throws {
        try await TemporaryDirectory.with { directory in
            let lookup = DirectoryLookup(cache: SettingsCache(directory: directory.appendingPathComponent("cache")))
            try await AliEnDirectory().run { servers in
                let location = try self.location([servers.plain], ce: "NONE")
                let error = #expect(throws: SiteError.self) { try lookup.settings(of: location) }
                #expect(error?.status == .noInput)
            }
        }
    }
}

/// A listener that takes connections and says nothing.
private final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutableBytes(of: &address) { bytes in
            guard let name = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, name, size) == 0 && listen(descriptor, 16) == 0
                && getsockname(descriptor, name, &size) == 0
        }
        guard isListening else {
            throw TestKitError("can't listen on the loopback interface")
        }
        self.descriptor = descriptor
        self.port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
        close(self.descriptor)
    }
}
