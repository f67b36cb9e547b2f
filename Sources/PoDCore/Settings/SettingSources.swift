/// What was said about settings, and where: filled in any order, resolved by rank.
///
/// Flags come before the environment, then the CE's entry, the MonaLisa entry, the VO's entry, and the default. The
/// first place that says anything decides; a bad value there is an error and does not fall through to the next.
/// Empty values count as not said: AliEn has them for attributes that an entry lacks.
public struct SettingSources: Sendable {
    /// More values of one setting are refused.
    static let mostValues = 100

    /// In the order of precedence.
    private enum Rank: Int, Sendable {
        case flag, environment, computingElement, monaLisa, organisation

        init(_ level: SettingLevel) {
            switch level {
            case .computingElement: self = .computingElement
            case .monaLisa: self = .monaLisa
            case .organisation: self = .organisation
            }
        }
    }

    private struct Candidate: Sendable {
        let setting: Setting
        let rank: Rank
        let origin: SettingOrigin
        /// From a key without `_LIST`: AliEn has both, and the list is the whole.
        var single: String?
        var list: [String]

        var values: [String] { self.list.isEmpty ? self.single.map { [$0] } ?? [] : self.list }
    }

    private var candidates: [Candidate] = []
    private var processPorts: (values: [String], origin: SettingOrigin) = ([], .builtIn)
    /// Names that look like settings and are none, one sentence each.
    private var unknownNames: [(name: String, sentence: String)] = []

    public init() {}

    // MARK: - Saying something

    /// A value from a command line.
    ///
    /// - Parameter flag: The flag that gave it, such as `--check-period`.
    public mutating func add(flag: String, _ value: String, for setting: Setting) {
        self.take(setting, .flag, .flag(flag), [value], isWhole: false)
    }

    /// A variable of the environment; one that belongs to no setting is left alone.
    public mutating func add(environmentVariable name: String, _ value: String) {
        guard name.hasPrefix("ALIEN_POD_"),
            let setting = Setting.all.first(where: { $0.environmentVariable == name })
        else { return }
        let values = setting.isMultiple ? value.split(separator: " ").map(String.init) : [value]
        self.take(setting, .environment, .environment(name), values, isWhole: false)
    }

    /// An attribute of an LDAP entry with all its values. One whose name does not begin with `pod` is left alone, except
    /// `processPort`.
    public mutating func add(attribute: String, _ values: [String], of dn: String, at level: SettingLevel) {
        let origin = SettingOrigin.directory(dn: dn)
        let lowercase = attribute.lowercased()
        if lowercase == "processport" {
            self.processPorts = (values, origin)
        } else if let setting = Setting(attribute: attribute) {
            self.take(setting, Rank(level), origin, values, isWhole: false)
        } else if lowercase.hasPrefix("pod") {
            let nearest = NearestName.of(attribute, among: Setting.all.map(\.attribute))
            self.note(unknown: origin.name(of: attribute), nearest: nearest)
        }
    }

    /// A key of AliEn's configuration with its value; for a key that ends in `_LIST`, one of its values, in their order.
    /// A key that is not ours is left alone. Variables of the environment are taken as well.
    public mutating func add(configurationKey key: String, _ value: String) {
        if key.hasPrefix("ALIEN_POD_") {
            self.add(environmentVariable: key, value)
            return
        }
        let isList = key.hasSuffix("_LIST")
        let name = isList ? String(key.dropLast(5)) : key
        if name == "PROCESS_PORT" {
            if isList, self.processPorts.values.count < Self.mostValues {
                self.processPorts.values.append(value)
                self.processPorts.origin = .configuration(key: key)
            }
            return
        }
        guard let (level, attribute) = Self.attribute(ofConfigurationKey: name) else { return }
        guard let setting = Setting(attribute: attribute) else {
            let names = Setting.all.map { $0.configurationKey(at: level) }
            self.note(unknown: ValueError.printable(name), nearest: NearestName.of(name, among: names))
            return
        }
        self.take(setting, Rank(level), .configuration(key: name), [value], isWhole: isList)
    }

    /// The level and the attribute, in upper case, that a key stands for. A VO's key has underscores at the capitals of
    /// the schema's spelling, whatever that is: `POD_MONALISA_URL` and `POD_MONALISA_U_R_L` are one.
    private static func attribute(ofConfigurationKey key: String) -> (SettingLevel, String)? {
        if key.hasPrefix("CE_POD") {
            return (.computingElement, String(key.dropFirst(3)))
        }
        if key.hasPrefix("MONALISA_POD") {
            return (.monaLisa, String(key.dropFirst(9)))
        }
        return key.hasPrefix("POD_") ? (.organisation, key.filter { $0 != "_" }) : nil
    }

    private mutating func note(unknown name: String, nearest: String?) {
        guard self.unknownNames.count < Self.mostValues, !self.unknownNames.contains(where: { $0.name == name }) else {
            return
        }
        let hint = nearest.map { "; the nearest is \($0)" } ?? ""
        self.unknownNames.append((name, "\(name): no such setting\(hint)"))
    }

    private mutating func take(
        _ setting: Setting, _ rank: Rank, _ origin: SettingOrigin, _ values: [String], isWhole: Bool
    ) {
        let values = values.filter { !$0.isEmpty }
        guard !values.isEmpty else { return }
        var candidate = Candidate(setting: setting, rank: rank, origin: origin, single: nil, list: [])
        if let index = self.candidates.firstIndex(where: { $0.setting == setting && $0.rank == rank }) {
            candidate = self.candidates.remove(at: index)
        }
        switch origin {
        case .configuration where !isWhole: candidate.single = values.first
        default: candidate.list += values.prefix(max(0, Self.mostValues &+ 1 &- candidate.list.count))
        }
        self.candidates.append(candidate)
    }

    // MARK: - What holds

    /// What holds for each setting of the table.
    public func resolved() -> ResolvedSettings {
        var all: [ResolvedSetting] = []
        var warnings = self.unknownNames.map(\.sentence)
        for setting in Setting.all {
            let said = self.candidates.filter { $0.setting == setting }.sorted { $0.rank.rawValue < $1.rank.rawValue }
            guard let first = said.first else {
                all.append(self.unsaid(setting))
                continue
            }
            all.append(Self.checked(setting, first.values, first.origin))
            for other in said.dropFirst() {
                if let problem = Self.checked(setting, other.values, other.origin).problem {
                    warnings.append("\(problem) (\(first.origin.name(of: setting.attribute)) comes before it)")
                }
            }
        }
        return ResolvedSettings(all: all, warnings: warnings)
    }

    private func unsaid(_ setting: Setting) -> ResolvedSetting {
        if setting.fallsBackToProcessPorts, let ports = PortSpan(processPorts: self.processPorts.values) {
            return ResolvedSetting(setting: setting, values: [ports.description], origin: self.processPorts.origin)
        }
        return ResolvedSetting(setting: setting, values: setting.defaults, origin: .builtIn)
    }

    private static func checked(_ setting: Setting, _ said: [String], _ origin: SettingOrigin) -> ResolvedSetting {
        let name = origin.name(of: setting.attribute)
        func refused(_ problem: ValueError) -> ResolvedSetting {
            ResolvedSetting(setting: setting, values: [], origin: origin, problem: problem)
        }
        guard setting.isMultiple || said.count == 1 else {
            return refused(ValueError(name, "expected one value, found \(said.count)"))
        }
        guard said.count <= Self.mostValues else {
            return refused(ValueError(name, "expected at most \(Self.mostValues) values, found more"))
        }
        var values: [String] = []
        for text in said {
            guard let value = setting.rule.canonical(text) else {
                return refused(ValueError(name, found: text, expected: setting.rule.expectation))
            }
            if !values.contains(value) {
                values.append(value)
            }
        }
        return ResolvedSetting(setting: setting, values: values, origin: origin)
    }
}
