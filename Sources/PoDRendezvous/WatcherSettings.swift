public import MonALISARepository
public import PoDCore
public import PoDTickets

/// What a watcher is told: each setting from text, checked here, so that Perl, C and the command line give the same
/// messages.
public struct WatcherSettings: Sendable {
    /// Base URLs; when one fails, the next is asked.
    public private(set) var repositories: [RepositoryURL] = []
    /// *y*, in seconds.
    public private(set) var checkPeriod: Int64 = 30
    /// *x*, in seconds.
    public private(set) var runTime: Int64 = 300
    public private(set) var directory: String?
    public private(set) var masterJobID: MasterJobID?
    public private(set) var allowsUnsigned = false
    /// The keys whose tickets count.
    public private(set) var trustedKeys: [PublicKey] = []
    /// A file with these keys, that is looked at instead of ``trustedKeys``.
    public private(set) var trustedKeysFile: String?
    /// The keys that count no more.
    public private(set) var revoked: Set<KeyThumbprint> = []
    public private(set) var user: LoginName?

    public init() {}

    /// - Throws: ``RendezvousError`` with ``ExitStatus/usage`` for a wrong name or value; nothing is changed then.
    public mutating func set(_ name: String, _ value: String) throws(RendezvousError) {
        do throws(ValueError) {
            try self.take(name, value)
        } catch {
            throw RendezvousError(error)
        }
    }

    private mutating func take(_ name: String, _ value: String) throws(ValueError) {
        switch name {
        case "repository": self.repositories.append(try RepositoryURL(parsing: value))
        case "check_period": self.checkPeriod = try SettingValue.number(name, value, .checkPeriod)
        case "run_time": self.runTime = try SettingValue.number(name, value, .runTime)
        case "directory": self.directory = try SettingValue.path(name, value)
        case "master_job_id": self.masterJobID = value.isEmpty ? nil : try MasterJobID(parsing: value)
        case "allow_unsigned": self.allowsUnsigned = try SettingValue.flag(name, value)
        case "trusted_key": self.trustedKeys.append(try SettingValue.key(name, value) { try PublicKey(parsing: $0) })
        case "trusted_keys_file": self.trustedKeysFile = value.isEmpty ? nil : try SettingValue.path(name, value)
        case "revoked": self.revoked.insert(try SettingValue.key(name, value) { try KeyThumbprint(parsing: $0) })
        case "user": self.user = try LoginName(parsing: value)
        default: throw ValueError("setting", found: name, expected: "one that a watcher has")
        }
    }
}
