import PoDCore
import PoDRendezvous

extension SystemCallFailure {
    /// One line such as `can't write "/x": No space left on device`.
    func error(_ status: ExitStatus, _ doing: String, _ path: String) -> SessionError {
        SessionError(status, "can't \(doing) \(ValueError.quoted(path)): \(self.text)")
    }
}
