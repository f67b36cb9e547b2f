import ArgumentParser

/// `alien-pod demo`: the whole path on one machine.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the whole path on this machine: master, MonALISA, JobAgents, workers, an analysis.",
        discussion: """
            Starts a monitor, a master with a real Dask scheduler, the Perl publisher and Perl JobAgents; runs an \
            analysis on the workers that join, kills one of them midway, and waits for its replacement. Everything is \
            stopped at the end, or with Ctrl-C.
            """)

    @Option(help: "How many JobAgents look for masters.")
    var agents = 12

    @Option(help: "How many workers the master wants.")
    var workers = 4

    @Flag(help: "Leave everything running at the end, until Ctrl-C.")
    var keep = false

    func validate() throws {
        guard (1...100).contains(self.workers) else {
            throw ValidationError("--workers: expected a number from 1 to 100, found \(self.workers)")
        }
        guard (self.workers...1000).contains(self.agents) else {
            throw ValidationError(
                "--agents: expected a number from --workers (\(self.workers)) to 1000, found \(self.agents)")
        }
    }

    func run() async throws {
        try await Demo(agents: self.agents, workers: self.workers, keeps: self.keep).run()
    }
}
