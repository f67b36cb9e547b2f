public import MonALISARepository
public import PoDCore

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
        case "user": self.user = try LoginName(parsing: value)
        default: throw ValueError("setting", found: name, expected: "one that a watcher has")
        }
    }
}
