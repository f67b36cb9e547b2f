/// What `squeue --format=%i|%T|%r` prints.
package enum SlurmQueue {
    /// The states by job id. Names and reasons of states: squeue(1), *JOB STATE CODES*.
    package static func states(in output: String) -> [String: JobState] {
        var states: [String: JobState] = [:]
        for line in output.split(whereSeparator: \.isNewline) {
            let fields = line.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            states[String(fields[0])] = self.state(
                named: BackendMessage.line(fields[1]), reason: BackendMessage.line(fields[2]))
        }
        return states
    }

    private static func state(named name: String, reason: String) -> JobState {
        switch name {
        case "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT":
            .waiting(reason: reason == "None" ? nil : reason)
        case "RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING":
            .running
        default:
            .ended(reason: reason == "None" ? name : "\(name) (\(reason))")
        }
    }
}
