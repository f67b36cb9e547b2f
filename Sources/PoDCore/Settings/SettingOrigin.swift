/// Where a value of a setting was found.
public enum SettingOrigin: Hashable, Sendable {
    /// A flag of a command, such as `--check-period`.
    case flag(String)
    /// A variable of the environment.
    case environment(String)
    /// An entry in LDAP, by its distinguished name.
    case directory(dn: String)
    /// A key of AliEn's configuration.
    case configuration(key: String)
    /// The default in the table.
    case builtIn

    /// What a message calls a setting that was found here.
    func name(of attribute: String) -> String {
        switch self {
        case .flag(let flag): flag
        case .environment(let variable): variable
        case .directory(let dn): "\(attribute) of \(Self.printable(dn))"
        case .configuration(let key): "\(attribute) (\(Self.printable(key)))"
        case .builtIn: attribute
        }
    }

    /// Names from LDAP may hold anything; a message is one line.
    private static func printable(_ name: String) -> String {
        name.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? name : ValueError.quoted(name)
    }
}
