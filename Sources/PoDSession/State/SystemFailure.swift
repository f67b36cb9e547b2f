import Glibc
import PoDCore

/// The error number of a system call, taken before anything else can change it.
struct SystemFailure {
    let number: Int32

    static var now: SystemFailure { SystemFailure(number: errno) }

    /// One line such as `can't write "/x": No space left on device`.
    func error(_ status: ExitStatus, _ doing: String, _ path: String) -> SessionError {
        SessionError(status, "can't \(doing) \(ValueError.quoted(path)): \(String(cString: strerror(self.number)))")
    }
}
