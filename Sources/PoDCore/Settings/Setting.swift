/// One setting of PoD on AliEn: a line of the table in `Setting+Table.swift`, from which the checks, the LDAP schema
/// and the documentation page are made.
///
/// All the names of a setting follow from the name of its LDAP attribute:
///
/// | where | name of `podCheckPeriod` |
/// |---|---|
/// | the environment | `ALIEN_POD_CHECK_PERIOD` |
/// | AliEn's configuration, from a CE entry | `CE_PODCHECKPERIOD`, `CE_PODCHECKPERIOD_LIST` |
/// | … from a MonaLisa entry | `MONALISA_PODCHECKPERIOD`, … |
/// | … from the VO's Config entry | `POD_CHECK_PERIOD`, … |
///
/// (AliEn::Config makes the key of a service's attribute by upper-casing it, and that of a VO attribute by an
/// underscore before each capital: no attribute may have two capitals in a row.)
public struct Setting: Hashable, Sendable {
    /// The LDAP attribute, such as `podCheckPeriod`.
    public let attribute: String
    /// The last arc of the attribute's OID. Never changed, never used again.
    public let number: Int
    public let rule: SettingRule
    /// Whether several values are taken.
    public let isMultiple: Bool
    /// What holds where nobody says otherwise; empty for none.
    public let defaults: [String]
    /// One sentence without a full stop, for the schema and the documentation.
    public let meaning: String
    /// Whether AliEn's list of ports for processes comes before the default.
    public let fallsBackToProcessPorts: Bool

    init(
        _ attribute: String, _ number: Int, _ rule: SettingRule, isMultiple: Bool = false, defaults: [String] = [],
        fallsBackToProcessPorts: Bool = false, _ meaning: String
    ) {
        self.attribute = attribute
        self.number = number
        self.rule = rule
        self.isMultiple = isMultiple
        self.defaults = defaults
        self.fallsBackToProcessPorts = fallsBackToProcessPorts
        self.meaning = meaning
    }

    /// The words of the attribute's name in lower case, without `pod`: `check_period`.
    public var name: String {
        var result = ""
        for character in self.attribute.dropFirst(3) {
            if character.isUppercase, !result.isEmpty {
                result += "_"
            }
            result += character.lowercased()
        }
        return result
    }

    /// The environment variable, such as `ALIEN_POD_CHECK_PERIOD`; several values are parted by blanks there.
    public var environmentVariable: String { "ALIEN_POD_" + self.name.uppercased() }

    /// The setting's key in AliEn's configuration for an entry of this kind, without `_LIST`.
    public func configurationKey(at level: SettingLevel) -> String {
        switch level {
        case .computingElement: "CE_" + self.attribute.uppercased()
        case .monaLisa: "MONALISA_" + self.attribute.uppercased()
        case .organisation: "POD_" + self.name.uppercased()
        }
    }
}

/// The LDAP entries that AliEn reads whole, so that settings there reach each worker node; the first that has a
/// setting decides.
public enum SettingLevel: Hashable, Sendable, CaseIterable {
    /// `name=…,ou=CE,ou=Services,ou=SITE,ou=Sites,…`
    case computingElement
    /// `name=…,ou=MonaLisa,ou=Services,ou=SITE,ou=Sites,…`
    case monaLisa
    /// `ou=Config,…`
    case organisation
}
