import PoDCore
import Testing

@Suite struct SettingTableTests {
    @Test("numbers and names are used once")
    func areUnique() {
        #expect(Set(Setting.all.map(\.number)).count == Setting.all.count)
        #expect(Set(Setting.all.map(\.attribute)).count == Setting.all.count)
        #expect(Set(Setting.all.map { $0.attribute.lowercased() }).count == Setting.all.count)
    }

    @Test("no two capitals in a row, which would part the VO's key in AliEn's configuration")
    func capitalsStandAlone() {
        for setting in Setting.all {
            #expect(setting.attribute.hasPrefix("pod"))
            let pairs = zip(setting.attribute, setting.attribute.dropFirst())
            #expect(!pairs.contains { $0.isUppercase && $1.isUppercase }, "\(setting.attribute)")
        }
    }

    @Test("meanings can stand in a schema and in a table")
    func meaningsArePlain() {
        for setting in Setting.all {
            let text = setting.meaning + setting.rule.expectation
            #expect(
                text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && !"'\\|".utf8.contains($0) }, "\(setting.attribute)")
        }
    }

    @Test("defaults are what their own rule takes")
    func defaultsAreCanonical() {
        for setting in Setting.all {
            #expect(setting.defaults.allSatisfy { setting.rule.canonical($0) == $0 }, "\(setting.attribute)")
            #expect(setting.isMultiple || setting.defaults.count <= 1)
        }
    }

    /// As AliEn::Config made them from the attributes, measured with a real slapd.
    @Test(arguments: [
        (Setting.checkPeriod, "CE_PODCHECKPERIOD", "MONALISA_PODCHECKPERIOD", "POD_CHECK_PERIOD"),
        (.monalisaUrl, "CE_PODMONALISAURL", "MONALISA_PODMONALISAURL", "POD_MONALISA_URL"),
        (.masterCe, "CE_PODMASTERCE", "MONALISA_PODMASTERCE", "POD_MASTER_CE"),
        (.enabled, "CE_PODENABLED", "MONALISA_PODENABLED", "POD_ENABLED"),
    ])
    func keysAreAliEns(setting: Setting, computingElement: String, monaLisa: String, organisation: String) {
        #expect(setting.configurationKey(at: .computingElement) == computingElement)
        #expect(setting.configurationKey(at: .monaLisa) == monaLisa)
        #expect(setting.configurationKey(at: .organisation) == organisation)
    }

    @Test func namesFollowFromTheAttribute() {
        #expect(Setting.checkPeriod.name == "check_period")
        #expect(Setting.checkPeriod.environmentVariable == "ALIEN_POD_CHECK_PERIOD")
        #expect(Setting(named: "check_period") == .checkPeriod)
        #expect(Setting(attribute: "PODcheckperiod") == .checkPeriod)
        #expect(Setting(named: "podCheckPeriod") == nil)
        #expect(Setting(attribute: "podNothing") == nil)
    }
}
