import AliEnSite
import ArgumentParser
import PoDCore

/// `alien-pod submit list`: the jobs of all sessions.
struct SubmitListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the jobs of this user's sessions, and how they are.",
        discussion:
            "A backend that can't be asked is told of; its jobs are shown as unknown then, and the exit code is 69.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await CommandError.reporting {
            let jobs = try SessionPlace.submitted().flatMap { place in
                try SessionJobs(of: place).jobs.filter { $0.kind != .connection }.map { (place: place, job: $0) }
            }
            var states: [String: [String: JobState]] = [:]
            var isComplete = true
            for name in Set(jobs.map(\.job.backend)).sorted() {
                do {
                    let ids = jobs.filter { $0.job.backend == name }.map(\.job.id)
                    states[name] = try await Backends.named(name).states(of: ids)
                } catch let error as SiteError {
                    CommandLog.complain(error.description)
                    isComplete = false
                }
            }
            let rows = jobs.map {
                JobRow(session: $0.place.name, job: $0.job, state: states[$0.job.backend]?[$0.job.id])
            }
            if self.json {
                let document = JSONValue.object([.init(name: "jobs", value: .array(rows.map(\.document)))])
                CommandLog.printLine(document.text)
            } else {
                JobRow.table(rows).forEach(CommandLog.printLine)
            }
            guard isComplete else { throw ExitCode(ExitStatus.unavailable.rawValue) }
        }
    }
}
