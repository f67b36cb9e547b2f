import PoDCore

/// The LDAP schema, made from the table of settings: one auxiliary class, so that the entries of AliEn keep their own.
public enum SettingsSchema {
    /// Under 2.25, from a UUID (X.667): free for everybody. A VO may put an arc of its own into the one line that has it.
    static let oid = "2.25.74134672200891453448676358647477290760"

    private static let notes = """
        Made from the table of settings in Sources/PoDCore/Settings: change that, not this.
        %: alien-pod settings --print %

        Load it after core, cosine and AliEn's own schema. It adds one auxiliary class, AliEnPoD, to put on a CE entry, a
        MonaLisa entry or the VO's Config entry. To use an arc of your own, change the line with the OID.
        """

    /// For `include` in slapd.conf.
    public static var schema: String {
        var lines = self.header("schema")
        lines += ["objectidentifier AliEnPoD \(self.oid)", ""]
        for setting in Setting.all {
            lines.append("attributetype ( \(self.definition(setting).joined(separator: "\n  ")) )")
        }
        lines += ["", "objectclass ( \(self.objectClass.joined(separator: "\n  ")) )"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// For `ldapadd` to cn=config.
    public static var ldif: String {
        var lines = self.header("ldif")
        lines += [
            "dn: cn=alien-pod,cn=schema,cn=config", "objectClass: olcSchemaConfig", "cn: alien-pod",
            "olcObjectIdentifier: AliEnPoD \(self.oid)",
        ]
        // A line that begins with a blank goes on from the one before, without that blank.
        for setting in Setting.all {
            lines.append("olcAttributeTypes: ( \(self.definition(setting).joined(separator: "\n  ")) )")
        }
        lines.append("olcObjectClasses: ( \(self.objectClass.joined(separator: "\n  ")) )")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func header(_ kind: String) -> [String] {
        self.notes.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let text = line.hasPrefix("%") ? "Again: alien-pod settings --print \(kind)" : String(line)
            return text.isEmpty ? "#" : "# \(text)"
        } + [""]
    }

    private static func definition(_ setting: Setting) -> [String] {
        let (equality, syntax) = self.types(setting.rule)
        let singleValue = setting.isMultiple ? "" : " SINGLE-VALUE"
        return [
            "AliEnPoD:1.\(setting.number) NAME '\(setting.attribute)'",
            "DESC '\(setting.meaning): \(setting.rule.expectation)'",
            "EQUALITY \(equality) SYNTAX 1.3.6.1.4.1.1466.115.121.1.\(syntax)\(singleValue)",
        ]
    }

    /// Matching rule and syntax: 27 is INTEGER, 15 Directory String. Where case means something, as in base64 and in
    /// paths, two values that differ in it must stay two.
    private static func types(_ rule: SettingRule) -> (equality: String, syntax: Int) {
        switch rule {
        case .seconds, .count: ("integerMatch", 27)
        case .yesOrNo, .words, .portRange, .computingElement: ("caseIgnoreMatch", 15)
        case .webAddress, .key, .absolutePath, .program, .shellCommand: ("caseExactMatch", 15)
        }
    }

    private static var objectClass: [String] {
        let names = Setting.all.map(\.attribute)
        let rows = stride(from: 0, to: names.count, by: 5).map { start in
            names[start..<min(start + 5, names.count)].joined(separator: " $ ")
        }
        return ["AliEnPoD:2.1 NAME 'AliEnPoD'", "DESC 'settings of PoD on AliEn'", "SUP top AUXILIARY"]
            + ["MAY ( " + rows.joined(separator: " $\n    ") + " )"]
    }
}
