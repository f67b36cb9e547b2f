import PoDCore

/// The documentation page, made from the table of settings.
public enum SettingsPage {
    public static var markdown: String {
        var lines = self.head
        lines += ["| LDAP attribute | meaning | value | default |", "|---|---|---|---|"]
        for setting in Setting.all {
            let several = setting.isMultiple ? " (several)" : ""
            lines.append(
                "| `\(setting.attribute)` | \(setting.meaning) | \(setting.rule.expectation)\(several) "
                    + "| \(self.defaults(setting)) |")
        }
        lines += [
            "", "## Names", "", "| LDAP attribute | environment | on a CE | of the VO |", "|---|---|---|---|",
        ]
        for setting in Setting.all {
            lines.append(
                "| `\(setting.attribute)` | `\(setting.environmentVariable)` "
                    + "| `\(setting.configurationKey(at: .computingElement))` "
                    + "| `\(setting.configurationKey(at: .organisation))` |")
        }
        lines += self.foot
        return lines.joined(separator: "\n") + "\n"
    }

    private static func defaults(_ setting: Setting) -> String {
        let text = setting.defaults.isEmpty ? "none" : setting.defaults.map { "`\($0)`" }.joined(separator: ", ")
        return setting.fallsBackToProcessPorts ? "the longest run in AliEn's `PROCESS_PORT_LIST`, else \(text)" : text
    }

    private static let head = """
        # Settings

        <!-- Made from the table of settings in Sources/PoDCore/Settings. Again: alien-pod settings --print markdown -->

        A setting is an attribute of the auxiliary class `AliEnPoD`, put on one of the three entries that AliEn reads whole:
        the CE's, the MonaLisa service's, the VO's `ou=Config`. So it reaches each worker node in the configuration of its
        JobAgent, with no change to AliEn. (AliEn does not read it from a site's or a host's entry: `alien-pod settings`
        warns of it there.)

        The first place that says anything decides: a flag, the environment, the CE, the MonaLisa entry, the VO, the default.
        A bad value there is an error, not passed over. `alien-pod settings --ldap URL --base DN --ce VO::Site::Name`
        prints what holds and where it was said, and exits with 78 when something is wrong. When LDAP is away it uses the
        copy of its last answer, for at most 7 days, and says so.

        """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

    private static let foot = """

        A MonaLisa entry's keys are `MONALISA_` and the attribute in upper case, as on a CE. Each key has a twin in `_LIST`
        with all values; the list is what counts. In the environment several values are parted by blanks.

        ## Notes

        - The switches are words, not LDAP's Boolean: AliEn's SOAP turns `TRUE` and `FALSE` alike into 1 on the way to a
          worker node. Only the exact word `yes` turns one on.
        - Numbers are whole and decimal. slapd holds the attributes to INTEGER, but not to a range, and slapadd to nothing:
          whoever reads checks.
        - Keys are 32 bytes in base64, of either alphabet, padded or not.
        - A change in LDAP reaches new JobAgents within half an hour: so long the ClusterMonitor keeps its copy.

        ## The schema

        `alien/ldap/alien-pod.schema` for slapd.conf, `alien/ldap/alien-pod.ldif` for `cn=config`:

        ```
        ldapadd -Y EXTERNAL -H ldapi:/// -f alien/ldap/alien-pod.ldif
        ldapmodify -x -D cn=Manager,dc=example,dc=org -W <<'END'
        dn: name=PODCE,ou=CE,ou=Services,ou=TestSite,ou=Sites,o=alice,dc=example,dc=org
        changetype: modify
        add: objectClass
        objectClass: AliEnPoD
        -
        add: podEnabled
        podEnabled: yes
        END
        ```
        """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}
