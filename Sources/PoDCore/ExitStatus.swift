/// What kind of failure it was, in the numbers of `sysexits.h`: exit codes of the programs, status codes of the C
/// interface and codes of `AliEn::PoD::Error` are one and the same.
public enum ExitStatus: Int32, Hashable, Sendable, CaseIterable {
    /// An argument is wrong.
    case usage = 64
    /// What was read is not what it should be.
    case data = 65
    /// A file is not there or can't be read.
    case noInput = 66
    /// A service can't be reached, has failed, or has nothing.
    case unavailable = 69
    /// An error of ours.
    case software = 70
    /// The system refused a resource.
    case system = 71
    /// A file can't be written.
    case cannotCreate = 73
    /// Try again later.
    case temporary = 75
    /// Refused.
    case noPermission = 77
    /// A setting is wrong.
    case configuration = 78
}
