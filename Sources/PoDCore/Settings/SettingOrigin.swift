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

    /// What a message, which is one line, calls a setting that was found here: names from LDAP may hold anything.
    func name(of attribute: String) -> String {
        switch self {
        case .flag(let flag): flag
        case .environment(let variable): variable
        case .directory(let dn): "\(ValueError.printable(attribute)) of \(ValueError.printable(dn))"
        case .configuration(let key): "\(attribute) (\(ValueError.printable(key)))"
        case .builtIn: attribute
        }
    }
}
