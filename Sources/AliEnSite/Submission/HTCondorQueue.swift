import PoDCore

/// What HTCondor's commands print.
package enum HTCondorQueue {
    /// Of one submission: whatever is printed, so many ids fit into memory.
    private static let mostJobs: Int64 = 1_000_000

    /// Of `condor_submit -terse`: `12.0 - 12.3`, or one id twice.
    package static func ids(inTerse output: String) -> [String]? {
        let ends = output.split(whereSeparator: { $0.isNewline || $0 == " " }).filter { $0 != "-" }
        guard ends.count == 2, let first = self.id(ends[0]), let last = self.id(ends[1]), first.cluster == last.cluster,
            first.process <= last.process, last.process - first.process < Self.mostJobs
        else { return nil }
        return (first.process...last.process).map { "\(first.cluster).\($0)" }
    }

    private static func id(_ text: Substring) -> (cluster: Int64, process: Int64)? {
        let parts = text.split(separator: ".").map { Int64($0) }
        guard parts.count == 2, let cluster = parts[0], let process = parts[1], cluster > 0, process >= 0 else {
            return nil
        }
        return (cluster, process)
    }

    /// Of `condor_q -json` and `condor_history -json`, which print nothing at all where there are no jobs.
    ///
    /// `JobStatus`: 1 idle, 2 running, 3 removed, 4 completed, 5 held, 6 transferring output, 7 suspended.
    package static func states(in output: String, of command: String) throws(SiteError) -> [String: JobState] {
        guard output.contains(where: { !$0.isWhitespace }) else { return [:] }
        guard let jobs = (try? JSONValue(parsing: Array(output.utf8)))?.array else {
            throw SiteError(.data, "\(command) -json: expected an array, found \(String(output.prefix(80)).quoted)")
        }
        var states: [String: JobState] = [:]
        for job in jobs {
            guard let cluster = job["ClusterId"]?.integer, let process = job["ProcId"]?.integer else { continue }
            states["\(cluster).\(process)"] = self.state(of: job)
        }
        return states
    }

    private static func state(of job: JSONValue) -> JobState {
        switch job["JobStatus"]?.integer {
        case 1: .waiting(reason: nil)
        case 5: .waiting(reason: self.message(job["HoldReason"]).map { "held: \($0)" } ?? "held")
        case 2, 6, 7: .running
        case 3: .ended(reason: self.message(job["RemoveReason"]) ?? "removed")
        default:
            .ended(
                reason: job["ExitSignal"]?.integer.map { "signal \($0)" }
                    ?? job["ExitCode"]?.integer.map { "exit code \($0)" })
        }
    }

    private static func message(_ reason: JSONValue?) -> String? {
        reason?.string.map { BackendMessage.line($0) }
    }
}
