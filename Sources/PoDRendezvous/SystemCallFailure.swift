import Glibc
import PoDCore

/// The error number of a system call, taken before anything else can change it.
package struct SystemCallFailure {
    package let number: Int32

    package static var now: SystemCallFailure { SystemCallFailure(number: errno) }

    /// One line such as `can't open directory "/x": No such file or directory`.
    func error(_ status: ExitStatus, _ doing: String, _ path: String) -> RendezvousError {
        RendezvousError(status, "can't \(doing) \(ValueError.quoted(path)): \(self.text)")
    }

    package var text: String {
        String(cString: strerror(self.number))
    }
}
