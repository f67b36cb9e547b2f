import Foundation
import PoDTestKit
import Testing

/// `alien-pod settings` against a real slapd.
@Suite(.enabled(if: AliEnDirectory.canRun, "slapd is not installed"), .timeLimit(.minutes(10)))
struct SettingsCommandTests {
    private struct Value: Decodable, Equatable {
        let origin: String
        let dn: String?
        let cached: Bool?
        let error: String?
    }

    private static let ce = "name=PODCE,ou=CE,ou=Services,ou=TestSite,ou=Sites,\(AliEnDirectory.base)"

    private func run(
        _ arguments: [String], cache: URL, _ further: [String: String] = [:]
    ) async throws -> (output: String, errors: String, ending: ChildProcess.Ending) {
        var environment = Products.environment
        environment["XDG_CACHE_HOME"] = cache.path
        environment.merge(further) { $1 }
        return try await ChildProcess.run(
            Products.alienPod, arguments: ["settings"] + arguments, environment: environment
        ) { child in
            var lines: [String] = []
            while let line = try await child.nextLine() {
                lines.append(line)
            }
            let ending = try await child.ending()
            return (lines.joined(separator: "\n"), child.errorText, ending)
        }
    }

    @Test("values with their origin, a bad one, and LDAP away")
    func story() async throws {
        try await TemporaryDirectory.with { cache in
            var tree = AliEnDirectory()
            tree.computingElement = [("podCheckPeriod", "60"), ("podEnabled", "yes")]
            let url = try await tree.run { servers in
                let location = ["--ldap", servers.plain, "--base", AliEnDirectory.base]
                let result = try await self.run(
                    location + ["--site", "TestSite", "--ce", "PODCE", "--json"], cache: cache,
                    ["ALIEN_POD_RUN_TIME": "5"])
                #expect(result.ending == .exited(code: 0), "\(result.errors)")
                #expect(result.output.contains(#""podCheckPeriod":{"value":60,"origin":"ldap","dn":"\#(Self.ce)"}"#))
                #expect(result.output.contains(#""podRunTime":{"value":5,"origin":"environment""#))
                let values = try JSONDecoder().decode([String: Value].self, from: Data(result.output.utf8))
                #expect(values["podMasterTtl"]?.origin == "default")

                let alien = String(servers.plain.dropFirst(7)) + "/" + AliEnDirectory.base
                let table = try await self.run(
                    ["--ce", "alice::TestSite::PODCE"], cache: cache, ["ALIEN_LDAP_DN": alien])
                #expect(table.output.contains("podCheckPeriod    60 s         \(Self.ce)"))

                let unknown = try await self.run(location + ["--site", "TestSite", "--ce", "POCE"], cache: cache)
                #expect(unknown.ending == .exited(code: 66))
                #expect(
                    unknown.errors.contains("CE \"POCE\": not in LDAP") && unknown.errors.contains("nearest is PODCE"))
                return servers.plain
            }
            let location = ["--ldap", url, "--base", AliEnDirectory.base, "--site", "TestSite", "--ce", "PODCE"]
            let away = try await self.run(location + ["--json"], cache: cache)
            #expect(away.ending == .exited(code: 0))
            #expect(away.errors.contains("warning: LDAP is away"))
            let values = try JSONDecoder().decode([String: Value].self, from: Data(away.output.utf8))
            #expect(values["podCheckPeriod"] == Value(origin: "ldap", dn: Self.ce, cached: true, error: nil))

            let never = ["--ldap", url, "--base", "o=other,dc=example,dc=org", "--site", "TestSite"]
            #expect(try await self.run(never, cache: cache).ending == .exited(code: 69))
        }
    }

    @Test("a wrong setting is named with its DN, and ends with 78")
    func wrongSetting() async throws {
        try await TemporaryDirectory.with { cache in
            var tree = AliEnDirectory()
            tree.computingElement = [("podCheckPeriod", "often")]
            try await tree.run { servers in
                let result = try await self.run(
                    [
                        "--ldap", servers.plain, "--base", AliEnDirectory.base, "--site", "TestSite", "--ce", "PODCE",
                        "--json",
                    ],
                    cache: cache)
                #expect(result.ending == .exited(code: 78))
                #expect(
                    result.errors == "alien-pod: podCheckPeriod of \(Self.ce): expected a whole number of seconds "
                        + "from 1 to 3600, found \"often\"\n")
                let values = try JSONDecoder().decode([String: Value].self, from: Data(result.output.utf8))
                #expect(values["podCheckPeriod"]?.error != nil)
            }
        }
    }

    @Test(
        "without LDAP",
        arguments: [
            (["--set", "podCheckPeriod=0"], Int32(78), "--set podCheckPeriod: expected a whole number of seconds"),
            (["--set", "podChekPeriod=1"], 64, "such as podCheckPeriod="),
            (["--site", "x"], 64, "LDAP server: not named"),
            (["--timeout", "0"], 64, "--timeout"), ([], 0, "warning: no LDAP server is named"),
        ])
    func withoutDirectory(arguments: [String], code: Int32, text: String) async throws {
        try await TemporaryDirectory.with { cache in
            let result = try await self.run(arguments, cache: cache)
            #expect(result.ending == .exited(code: code))
            #expect(result.errors.contains(text), "\(result.errors)")
        }
    }
}
