import PoDCore
import PoDTestKit
import Testing

@Suite struct SettingSourcesTests {
    private static let ce = "name=PODCE,ou=CE,ou=Services,ou=Site,ou=Sites,o=vo"

    private func resolved(_ say: (inout SettingSources) -> Void) -> ResolvedSettings {
        var sources = SettingSources()
        say(&sources)
        return sources.resolved()
    }

    private func configuration(_ pairs: KeyValuePairs<String, String>) -> ResolvedSettings {
        self.resolved { sources in
            for (key, value) in pairs {
                sources.add(configurationKey: key, value)
            }
        }
    }

    @Test("flag, environment, CE, MonaLisa, VO, default")
    func order() throws {
        let steps: [(inout SettingSources) -> Void] = [
            { $0.add(attribute: "podRunTime", ["1"], of: "vo", at: .organisation) },
            { $0.add(attribute: "podRunTime", ["2"], of: "ml", at: .monaLisa) },
            { $0.add(attribute: "podRunTime", ["3"], of: "ce", at: .computingElement) },
            { $0.add(environmentVariable: "ALIEN_POD_RUN_TIME", "4") },
            { $0.add(flag: "--run-time", "5", for: .runTime) },
        ]
        let origins: [SettingOrigin] = [
            .builtIn, .directory(dn: "vo"), .directory(dn: "ml"), .directory(dn: "ce"),
            .environment("ALIEN_POD_RUN_TIME"), .flag("--run-time"),
        ]
        for count in 0...steps.count {
            // Whatever the order in which they are told.
            for said in [Array(steps.prefix(count)), steps.prefix(count).reversed()] {
                let settings = self.resolved { sources in said.forEach { $0(&sources) } }
                let runTime = try #require(settings.all.first { $0.setting == .runTime })
                #expect(runTime.values == [count == 0 ? "300" : String(count)])
                #expect(runTime.origin == origins[count])
            }
        }
    }

    @Test("AliEn's keys: the list is the whole, an empty value is none")
    func configurationKeys() throws {
        let settings = self.configuration([
            "CE_PODMONALISAURL": "http://a", "CE_PODMONALISAURL_LIST": "http://b/", "POD_MONALISA_URL": "http://c",
            "CE_PODCHECKPERIOD": "", "MONALISA_PODCHECKPERIOD": "5", "POD_MASTER_C_E": "V::S::N", "CE_HOST": "x",
            "MONALISA_HOST": "pod", "POD_RUN_TIME_LIST": "7", "ALIEN_POD_MAX_WORKERS": "3", "ALIEN_POD_HOME": "/x",
        ])
        #expect(try settings.values(of: .monalisaUrl) == ["http://b"])
        #expect(try settings.values(of: .checkPeriod) == ["5"])
        #expect(try settings.values(of: .masterCe) == ["V::S::N"])
        #expect(try settings.values(of: .runTime) == ["7"])
        #expect(try settings.values(of: .maxWorkers) == ["3"])
        #expect(settings.warnings.isEmpty && settings.problems.isEmpty)
        let url = try #require(settings.all.first { $0.setting == .monalisaUrl })
        #expect(url.origin == .configuration(key: "CE_PODMONALISAURL"))
    }

    @Test("several values keep their order, and each is there once")
    func lists() throws {
        let settings = self.configuration([
            "POD_MONALISA_URL_LIST": "http://b", "POD_MONALISA_URL": "http://b", "ALIEN_POD_RECIPE": " xproofd  dask",
        ])
        #expect(try settings.values(of: .monalisaUrl) == ["http://b"])
        #expect(try settings.values(of: .recipe) == ["xproofd", "dask"])
        let ldap = self.resolved {
            $0.add(attribute: "podmonalisaurl", ["http://b", "http://a/", "http://b/"], of: "vo", at: .organisation)
        }
        #expect(try ldap.values(of: .monalisaUrl) == ["http://b", "http://a"])
    }

    @Test("a bad value is an error and falls through to nothing")
    func badValues() {
        let settings = self.resolved { sources in
            sources.add(attribute: "podCheckPeriod", ["often"], of: Self.ce, at: .computingElement)
            sources.add(attribute: "podCheckPeriod", ["45"], of: "vo", at: .organisation)
            sources.add(configurationKey: "CE_PODRUNTIME", "-7")
            sources.add(attribute: "podMaxWorkers", ["1", "2"], of: "ml", at: .monaLisa)
            sources.add(environmentVariable: "ALIEN_POD_ENABLED", "TRUE")
            sources.add(flag: "--master-ttl", "1", for: .masterTtl)
            sources.add(attribute: "podRecipe", ["dask", "x"], of: "ou=é", at: .organisation)
        }
        #expect(
            settings.problems.map(\.description) == [
                "ALIEN_POD_ENABLED: expected yes or no, found \"TRUE\"",
                "podCheckPeriod of \(Self.ce): expected a whole number of seconds from 1 to 3600, found \"often\"",
                "podRunTime (CE_PODRUNTIME): expected a whole number of seconds from 0 to 86400, found \"-7\"",
                "podMaxWorkers of ml: expected one value, found 2",
                "podRecipe of \"ou=\\u{00E9}\": expected one of dask, xproofd, xrootd, command, found \"x\"",
                "--master-ttl: expected a whole number of seconds from 60 to 86400, found \"1\"",
            ])
        #expect(throws: ValueError.self) { try settings.values(of: .checkPeriod) }
        #expect(throws: ValueError.self) { try settings.required(.checkPeriod) }
    }

    @Test("a bad value that another comes before is a warning")
    func shadowed() throws {
        let settings = self.resolved { sources in
            sources.add(attribute: "podCheckPeriod", ["often"], of: "vo", at: .organisation)
            sources.add(attribute: "podCheckPeriod", ["45"], of: Self.ce, at: .computingElement)
        }
        #expect(try settings.values(of: .checkPeriod) == ["45"])
        #expect(settings.problems.isEmpty)
        #expect(
            settings.warnings == [
                "podCheckPeriod of vo: expected a whole number of seconds from 1 to 3600, found \"often\" "
                    + "(podCheckPeriod of \(Self.ce) comes before it)"
            ])
    }

    @Test("a name that is no setting is told once, with the nearest")
    func unknownNames() {
        let settings = self.resolved { sources in
            sources.add(attribute: "podChekPeriod", ["1"], of: "vo", at: .organisation)
            sources.add(attribute: "port", ["1"], of: "vo", at: .organisation)
            sources.add(configurationKey: "CE_PODRUNTME", "1")
            sources.add(configurationKey: "CE_PODRUNTME_LIST", "1")
            sources.add(configurationKey: "POD_CHECKPERIODE", "1")
            sources.add(environmentVariable: "ALIEN_POD_TEST_STRICT", "1")
            sources.add(attribute: "podx\n", ["1"], of: "vo\u{1B}", at: .organisation)
            sources.add(configurationKey: "CE_PODx\u{85}", "1")
        }
        #expect(
            settings.warnings == [
                "podChekPeriod of vo: no such setting; the nearest is podCheckPeriod",
                "CE_PODRUNTME: no such setting; the nearest is CE_PODRUNTIME",
                "POD_CHECKPERIODE: no such setting; the nearest is POD_CHECK_PERIOD",
                #""podx\n" of "vo\u{1B}": no such setting; the nearest is podSetup"#,
                #""CE_PODx\u{0085}": no such setting; the nearest is CE_PODSETUP"#,
            ])
    }

    @Test("AliEn's ports for processes come before the default")
    func processPorts() throws {
        let settings = self.configuration([
            "PROCESS_PORT": "9000", "PROCESS_PORT_LIST": "9000", "CE_PODWORKERPORTS": "5-6",
        ])
        #expect(try settings.values(of: .masterPorts) == ["20000-25000"], "one is the JobAgent's own")
        let ldap = self.resolved { sources in
            sources.add(attribute: "processPort", ["9001", "9000", "9002"], of: "vo", at: .organisation)
            sources.add(configurationKey: "CE_PODWORKERPORTS", "5-6")
        }
        #expect(try ldap.values(of: .masterPorts) == ["9000-9002"])
        #expect(ldap.all.first { $0.setting == .masterPorts }?.origin == .directory(dn: "vo"))
        #expect(try ldap.values(of: .workerPorts) == ["5-6"])
    }

    @Test("what can't be done without says where it could be said")
    func required() throws {
        let error = #expect(throws: ValueError.self) { try self.resolved { _ in }.required(.monalisaUrl) }
        #expect(
            error?.description == "podMonalisaUrl: set neither on the CE, nor on the MonaLisa entry, nor for the VO; "
                + "expected http(s)://host[:port][/path]")
        #expect(try self.resolved { _ in }.values(of: .monalisaUrl).isEmpty)
        #expect(try self.resolved { _ in }.required(.checkPeriod) == ["30"])
    }

    @Test("more values than a setting can have are refused, however many there are")
    func tooMany() {
        let settings = self.resolved { sources in
            for index in 0..<1000 {
                sources.add(configurationKey: "POD_MONALISA_URL_LIST", "http://h\(index)")
                sources.add(configurationKey: "PROCESS_PORT_LIST", "\(index)")
                sources.add(configurationKey: "POD_\(index)", "")
            }
        }
        #expect(
            settings.problems.map(\.description) == [
                "podMonalisaUrl (POD_MONALISA_URL): expected at most 100 values, found more"
            ])
        #expect(settings.warnings.count == 100)
    }

    @Test("any key and any value is borne", arguments: [UInt64(1), 2, 3])
    func fuzz(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let keys = Setting.all.flatMap { setting in
            SettingLevel.allCases.map { setting.configurationKey(at: $0) } + [setting.environmentVariable]
        }
        let alphabet = Array("0123456789-:/=+_ abcDEF\u{0}\u{7F}\u{E9}\u{1F600}[].\"".unicodeScalars)
        for _ in 0..<200 {
            let settings = self.resolved { sources in
                for _ in 0..<20 {
                    var key = keys[Int.random(in: 0..<keys.count, using: &generator)]
                    key += Bool.random(using: &generator) ? "_LIST" : ""
                    var value = ""
                    for _ in 0..<Int.random(in: 0...50, using: &generator) {
                        value.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
                    }
                    sources.add(configurationKey: key, value)
                }
            }
            #expect(settings.all.count == Setting.all.count)
            for problem in settings.problems {
                #expect(problem.description.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 > 0x7F })
            }
        }
    }
}
