public import PoDCore

/// What holds, and where it was said: for a program, and for people.
public struct SettingsReport: Sendable {
    private let settings: ResolvedSettings
    private let isFromCopy: Bool

    /// - Parameter isFromCopy: Whether what LDAP said comes from a copy.
    public init(_ settings: ResolvedSettings, isFromCopy: Bool) {
        self.settings = settings
        self.isFromCopy = isFromCopy
    }

    /// `{"podCheckPeriod":{"value":60,"origin":"ldap","dn":…},…}`. The value is a number where it counts, an array where
    /// several are taken, `null` for none; origins are `flag`, `environment` (with `variable`), `ldap` (with `dn`, and
    /// `"cached":true` from a copy) and `default`; a bad one has an `error`.
    public var document: JSONValue {
        .object(self.settings.all.map { JSONValue.Member(name: $0.setting.attribute, value: self.document(of: $0)) })
    }

    private func document(of resolved: ResolvedSetting) -> JSONValue {
        var members = [JSONValue.Member(name: "value", value: Self.value(of: resolved))]
        func add(_ name: String, _ value: JSONValue) {
            members.append(JSONValue.Member(name: name, value: value))
        }
        switch resolved.origin {
        case .flag(let flag):
            add("origin", .string("flag"))
            add("flag", .string(flag))
        case .environment(let variable):
            add("origin", .string("environment"))
            add("variable", .string(variable))
        case .directory(let dn):
            add("origin", .string("ldap"))
            add("dn", .string(dn))
            if self.isFromCopy {
                add("cached", .bool(true))
            }
        case .configuration(let key):
            add("origin", .string("configuration"))
            add("key", .string(key))
        case .builtIn:
            add("origin", .string("default"))
        }
        if let problem = resolved.problem {
            add("error", .string(problem.description))
        }
        return .object(members)
    }

    private static func value(of resolved: ResolvedSetting) -> JSONValue {
        let values = resolved.values.map { text in
            resolved.setting.rule.isNumeric ? Int64(text).map { .integer($0) } ?? .null : JSONValue.string(text)
        }
        return resolved.setting.isMultiple && resolved.problem == nil ? .array(values) : values.first ?? .null
    }

    /// A table with a line for each value: attribute, value, unit, origin.
    public var lines: [String] {
        let rows = self.settings.all.flatMap { resolved -> [[String]] in
            let values = resolved.problem != nil ? ["(wrong)"] : resolved.values.isEmpty ? ["(none)"] : resolved.values
            return values.enumerated().map { index, value in
                let unit = resolved.values.isEmpty ? "" : resolved.setting.rule.unit
                return [
                    index == 0 ? resolved.setting.attribute : "", unit.isEmpty ? value : "\(value) \(unit)",
                    index == 0 ? self.name(of: resolved.origin) : "",
                ]
            }
        }
        let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }
            let line = (cells + row.suffix(1)).joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private func name(of origin: SettingOrigin) -> String {
        switch origin {
        case .flag(let flag): flag
        case .environment(let variable): variable
        case .directory(let dn): ValueError.printable(dn) + (self.isFromCopy ? " (copy)" : "")
        case .configuration(let key): ValueError.printable(key)
        case .builtIn: "default"
        }
    }
}
