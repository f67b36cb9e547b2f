import AliEnSite
import ArgumentParser
import PoDCore

/// `alien-pod submit cancel`: the end of one job.
struct SubmitCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Ask a job to end: a worker hands over, a master ends the session.",
        discussion: """
            Exit codes: 0 asked, or it has ended already; 64 more than one job has the id; 66 no job of this user's \
            sessions has it; 69 the backend refused, or its commands are not here.
            """)

    @Argument(help: "The job, as `alien-pod submit list` shows it.")
    var id: String

    @Option(help: "Its backend, where jobs of several have the id.")
    var backend: String?

    func run() async throws {
        try await CommandError.reporting {
            let jobs = try SessionPlace.submitted().flatMap { try SessionJobs(of: $0).jobs }.filter { job in
                job.id == self.id && self.backend.map { $0 == job.backend } ?? true
            }
            guard let job = jobs.first else {
                throw CommandError(
                    .noInput, "no session of yours has job \(self.id); `alien-pod submit list` shows what there is")
            }
            guard jobs.count == 1 else {
                let backends = jobs.map(\.backend).joined(separator: ", ")
                throw CommandError(.usage, "job \(self.id) is one of \(backends): expected --backend")
            }
            try await Backends.named(job.backend).cancel(job.id)
            CommandLog.printLine("\(job.kind.rawValue) \(job.id): asked to end")
        }
    }
}
