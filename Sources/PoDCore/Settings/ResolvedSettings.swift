/// What holds for one setting, and where that was said.
public struct ResolvedSetting: Hashable, Sendable {
    public let setting: Setting
    /// In canonical spelling; empty for none, or where there is a problem.
    public let values: [String]
    public let origin: SettingOrigin
    /// Why what was said can't be taken: attribute, place, what was found and what is expected.
    public let problem: ValueError?

    init(setting: Setting, values: [String], origin: SettingOrigin, problem: ValueError? = nil) {
        self.setting = setting
        self.values = values
        self.origin = origin
        self.problem = problem
    }
}

/// What holds for each setting of the table.
public struct ResolvedSettings: Sendable {
    /// In the order of ``Setting/all``.
    public let all: [ResolvedSetting]
    /// Things worth telling that change nothing: names that are no settings, bad values that another comes before.
    public let warnings: [String]

    /// The problems of all settings.
    public var problems: [ValueError] { self.all.compactMap(\.problem) }

    /// The values of a setting; empty where nothing is set and there is no default.
    ///
    /// - Throws: ``ValueError`` where what was said can't be taken.
    public func values(of setting: Setting) throws(ValueError) -> [String] {
        guard let resolved = self.all.first(where: { $0.setting == setting }) else { return [] }
        if let problem = resolved.problem {
            throw problem
        }
        return resolved.values
    }

    /// The values of a setting that can't be done without.
    ///
    /// - Throws: ``ValueError`` where there is none.
    public func required(_ setting: Setting) throws(ValueError) -> [String] {
        let values = try self.values(of: setting)
        guard !values.isEmpty else {
            throw ValueError(
                setting.attribute,
                "set neither on the CE, nor on the MonaLisa entry, nor for the VO; expected \(setting.rule.expectation)"
            )
        }
        return values
    }
}
