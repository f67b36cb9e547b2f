import AliEnSite
import PoDCore
import Testing

@Suite struct SettingsReportTests {
    private var settings: ResolvedSettings {
        var sources = SettingSources()
        sources.add(attribute: "podCheckPeriod", ["60"], of: "name=PODCE,o=x", at: .computingElement)
        sources.add(attribute: "podMonalisaUrl", ["http://a", "http://b"], of: "ou=Config,o=x", at: .organisation)
        sources.add(attribute: "podMaxWorkers", ["many"], of: "ou=Config,o=x", at: .organisation)
        sources.add(environmentVariable: "ALIEN_POD_RUN_TIME", "5")
        sources.add(flag: "--idle-timeout", "60", for: .idleTimeout)
        sources.add(configurationKey: "CE_PODENABLED", "yes")
        return sources.resolved()
    }

    @Test(arguments: [
        ("podCheckPeriod", #"{"value":60,"origin":"ldap","dn":"name=PODCE,o=x"}"#),
        ("podMonalisaUrl", #"{"value":["http://a","http://b"],"origin":"ldap","dn":"ou=Config,o=x"}"#),
        ("podRunTime", #"{"value":5,"origin":"environment","variable":"ALIEN_POD_RUN_TIME"}"#),
        ("podIdleTimeout", #"{"value":60,"origin":"flag","flag":"--idle-timeout"}"#),
        ("podEnabled", #"{"value":"yes","origin":"configuration","key":"CE_PODENABLED"}"#),
        ("podSetup", #"{"value":null,"origin":"default"}"#), ("podTrustedKey", #"{"value":[],"origin":"default"}"#),
        (
            "podMaxWorkers",
            #"{"value":null,"origin":"ldap","dn":"ou=Config,o=x","error":"podMaxWorkers of ou=Config,o=x: "#
                + #"expected a whole number from 0 to 1000, found \"many\""}"#
        ),
    ])
    func document(attribute: String, json: String) {
        #expect(SettingsReport(self.settings, isFromCopy: false).document[attribute]?.text == json)
    }

    @Test func everySettingIsThere() {
        let names = SettingsReport(self.settings, isFromCopy: false).document.members?.map(\.name)
        #expect(names == Setting.all.map(\.attribute))
    }

    @Test func aCopyIsMarked() {
        let report = SettingsReport(self.settings, isFromCopy: true)
        #expect(report.document["podCheckPeriod"]?["cached"] == .bool(true))
        #expect(report.document["podRunTime"]?["cached"] == nil)
        #expect(report.lines.contains { $0.hasPrefix("podCheckPeriod ") && $0.hasSuffix("  name=PODCE,o=x (copy)") })
    }

    @Test("a line for each value")
    func lines() {
        let lines = SettingsReport(self.settings, isFromCopy: false).lines
        #expect(lines.contains("podRunTime        5 s          ALIEN_POD_RUN_TIME"))
        #expect(lines.contains("podMonalisaUrl    http://a     ou=Config,o=x"))
        #expect(lines.contains("                  http://b"))
        #expect(lines.contains("podMaxWorkers     (wrong)      ou=Config,o=x"))
        #expect(lines.contains("podSetup          (none)       default"))
    }

    @Test("where a setting was said is no word to the terminal")
    func hostileOrigins() {
        var sources = SettingSources()
        sources.add(attribute: "podCheckPeriod", ["60"], of: "ou=\u{1B}[2J", at: .organisation)
        let lines = SettingsReport(sources.resolved(), isFromCopy: false).lines
        #expect(lines.contains { $0.hasPrefix("podCheckPeriod ") && $0.hasSuffix(#"  "ou=\u{1B}[2J""#) })
    }
}
