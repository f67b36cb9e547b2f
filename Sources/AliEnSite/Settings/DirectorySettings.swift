public import PoDCore

/// What an LDAP directory said about PoD: the settings of the entries that AliEn reads whole.
public struct DirectorySettings: Hashable, Sendable {
    /// An entry, with only the attributes that have to do with settings.
    public struct Source: Hashable, Sendable {
        public let level: SettingLevel
        public let entry: LDAPEntry

        public init(level: SettingLevel, entry: LDAPEntry) {
            self.level = level
            self.entry = LDAPEntry(
                dn: entry.dn, attributes: entry.attributes.filter { Self.isSetting($0.name.lowercased()) })
        }

        private static func isSetting(_ name: String) -> Bool {
            name.hasPrefix("pod") || name == "processport"
        }
    }

    /// In any order.
    public let sources: [Source]
    /// Settings that stand where AliEn doesn't look, one sentence each.
    public let misplaced: [String]

    public init(sources: [Source], misplaced: [String]) {
        self.sources = sources
        self.misplaced = misplaced
    }

    /// Adds all that was said to what others say.
    public func add(to settings: inout SettingSources) {
        for source in self.sources {
            for attribute in source.entry.attributes {
                settings.add(
                    attribute: attribute.name, attribute.values, of: source.entry.dn, at: source.level)
            }
        }
    }
}
