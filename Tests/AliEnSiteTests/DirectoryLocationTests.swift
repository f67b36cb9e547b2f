import AliEnSite
import PoDCore
import Testing

@Suite struct DirectoryLocationTests {
    private func location(
        _ servers: [String] = [], _ base: String? = nil, site: String? = nil, ce: String? = nil, alien: String? = nil
    ) throws -> DirectoryLocation? {
        try DirectoryLocation(servers: servers, base: base, site: site, computingElement: ce, alienLDAPDN: alien)
    }

    @Test("ALIEN_LDAP_DN fills in what the command line leaves out")
    func alien() throws {
        let alien = "ldap.cern.ch:8389/o=alice,dc=cern,dc=ch"
        let all = try #require(try self.location(alien: alien))
        #expect(all.servers.map(\.description) == ["ldap://ldap.cern.ch:8389"])
        #expect(all.base == "o=alice,dc=cern,dc=ch")
        let other = try #require(try self.location(["ldaps://h/"], alien: alien))
        #expect(other.servers.map(\.description) == ["ldaps://h"])
        #expect(other.base == "o=alice,dc=cern,dc=ch")
        #expect(try #require(try self.location([], "o=x", alien: alien)).base == "o=x")
        #expect(try #require(try self.location(["ldap://h"], "o=x", alien: "nonsense")).base == "o=x")
        #expect(try self.location() == nil)
        #expect(try self.location(alien: "") == nil)
    }

    @Test("a CE by its name and site, or in full")
    func computingElements() throws {
        let full = try #require(try self.location(["ldap://h"], "o=alice,dc=x", ce: "ALICE::Site::CE"))
        #expect(full.site == "Site" && full.computingElement == "CE")
        let short = try #require(try self.location(["ldap://h"], "o=alice,dc=x", site: "Site", ce: "CE"))
        #expect(short == full)
        #expect(try self.location(["ldap://h"], "dc=x", ce: "ATLAS::Site::CE")?.site == "Site")
    }

    @Test(
        arguments: [
            (["http://h"], "o=x", nil, nil, nil, "LDAP server: expected ldap(s)://host[:port], found \"http://h\""),
            (["ldap://h/o=x"], "o=x", nil, nil, nil, "LDAP server"),
            (["ldap://u@h"], "o=x", nil, nil, nil, "LDAP server"),
            (["ldap://h:0"], "o=x", nil, nil, nil, "LDAP server"),
            (["ldap://h ldap://i"], "o=x", nil, nil, nil, "LDAP server"),
            (["ldap://h"], nil, nil, nil, nil, "base: expected a DN"), (["ldap://h"], "alice", nil, nil, nil, "base"),
            ([], "o=x", nil, nil, nil, "LDAP server: not named"), ([], nil, "Site", nil, nil, "LDAP server: not named"),
            ([], nil, nil, nil, "host:389", "ALIEN_LDAP_DN: expected host:port/base"),
            (["ldap://h"], "o=x", nil, "CE", nil, "CE: expected VO::Site::Name"),
            (["ldap://h"], "o=x", nil, "x::Site", nil, "CE: expected a CE as VO::Site::Name"),
            (["ldap://h"], "o=x", nil, "y::Site::CE", nil, "CE: expected one of the VO x"),
            (["ldap://h"], "o=x", "Other", "x::Site::CE", nil, "CE: expected one of the site \"Other\""),
        ] as [([String], String?, String?, String?, String?, String)])
    func refuses(servers: [String], base: String?, site: String?, ce: String?, alien: String?, message: String) {
        let error = #expect(throws: ValueError.self) {
            try self.location(servers, base, site: site, ce: ce, alien: alien)
        }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }
}
