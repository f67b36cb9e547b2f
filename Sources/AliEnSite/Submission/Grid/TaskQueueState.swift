/// The states of AliEn's task queue, which JAliEn has, too (`AliEn::Util`, `alien.taskQueue.JobStatus`).
package enum TaskQueueState {
    /// How a job in a state is for us.
    ///
    /// A job that saves its output still has its place. A `ZOMBIE`'s JobAgent is silent: it may speak again, and is
    /// `EXPIRED` if not. A `SPLIT` job is as its parts are, see ``GridQueueEntry``.
    ///
    /// - Parameter name: One that nobody told us of is shown as it is, and waited for.
    package static func jobState(named name: String) -> JobState {
        switch name {
        case "WAITING":
            .waiting(reason: nil)
        case "STARTED", "RUNNING", "INTERACTIV", "IDLE", "SAVING", "SAVED", "SAVED_WARN", "ZOMBIE", "SPLIT", "MERGING",
            "FORCEMERGE":
            .running
        case "DONE", "DONE_WARN", "EXPIRED", "FAILED", "FAULTY", "INCORRECT", "KILLED":
            .ended(reason: name)
        case let name where name.hasPrefix("ERROR_"):
            .ended(reason: BackendMessage.line(name))
        default:
            // INSERTING, SPLITTING, ASSIGNED, QUEUED, OVER_WAITING (a quota), UPDATING, TO_STAGE, A_STAGED, STAGING.
            .waiting(reason: BackendMessage.line(name))
        }
    }

    /// What AliEn's `ps` abbreviates a state to, by `AliEn::CE::f_ps`; errors are `E` and what follows `ERROR_`.
    private static let letters = [
        "A": "ASSIGNED", "D": "DONE", "D_WARN": "DONE_WARN", "DS": "DONE", "EX": "EXPIRED", "FF": "FAILED",
        "I": "INSERTING", "IS": "INSERTING", "Ia": "INTERACTIV", "Id": "IDLE", "K": "KILLED", "OW": "OVER_WAITING",
        "Q": "QUEUED", "R": "RUNNING", "RS": "SPLIT", "ST": "STARTED", "SV": "SAVING", "W": "WAITING",
        "WS": "SPLITTING", "Z": "ZOMBIE",
    ]

    /// The name of a state of which AliEn's `ps` prints these letters, which for some is the name itself.
    package static func name(ofLetters letters: String) -> String {
        if let name = self.letters[letters] { return name }
        guard letters.hasPrefix("E"), !letters.hasPrefix("ERROR_") else { return letters }
        return "ERROR_\(letters.dropFirst())"
    }
}
