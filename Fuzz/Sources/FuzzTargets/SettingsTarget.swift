import PoDCore

extension FuzzTarget {
    /// A line for each thing said: `flag`, `environment`, `key`, or an entry of LDAP, `ce`, `monalisa` or `vo`; the
    /// name; the value.
    static let settings = FuzzTarget(
        name: "settings", about: "settings from LDAP, AliEn and the environment"
    ) { bytes in
        var input = InputText(bytes)
        var sources = SettingSources()
        while !input.isEmpty {
            let words = input.line().split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard words.count == 3 else { continue }
            let (name, value) = (String(words[1]), String(words[2]))
            switch words[0] {
            case "flag": Setting(attribute: name).map { sources.add(flag: "--flag", value, for: $0) }
            case "environment": sources.add(environmentVariable: name, value)
            case "key": sources.add(configurationKey: name, value)
            case "ce": sources.add(attribute: name, value.parts, of: "name=CE,o=vo", at: .computingElement)
            case "monalisa": sources.add(attribute: name, value.parts, of: "name=\(value)", at: .monaLisa)
            case "vo": sources.add(attribute: name, value.parts, of: "ou=Config,o=vo", at: .organisation)
            default: continue
            }
        }
        let resolved = sources.resolved()
        Promise.holds(resolved.all.map(\.setting) == Setting.all, "each setting has its line")
        for one in resolved.all {
            for value in one.values {
                Promise.isOneLine(value, "a value of \(one.setting.attribute)")
                Promise.areEqual(value, one.setting.rule.canonical(value), "a value of \(one.setting.attribute)")
            }
            Promise.holds(one.problem == nil || one.values.isEmpty, "what is wrong has no value")
            Promise.isOneLine(one.problem?.description ?? "", "a problem")
        }
        for warning in resolved.warnings {
            Promise.isOneLine(warning, "a warning")
        }
    }
}

extension String {
    /// The values of an attribute.
    fileprivate var parts: [String] { self.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
}
