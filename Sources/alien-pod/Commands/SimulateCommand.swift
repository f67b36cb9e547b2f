import ArgumentParser
import Foundation
import PoDCore
import PoDSimulation

/// `alien-pod simulate`: who joins whom, in virtual time.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Simulate JobAgents, masters and MonALISA in virtual time.",
        discussion: """
            The very rules of the library and the daemons decide who joins, in a world with a repository that is \
            behind, a network that loses, and hosts that fail. The seed determines a run to the last event. What must \
            never happen is checked after every event.

            Exit codes: 0 done; 64 wrong usage; 70 a property was broken, and the command that replays it was printed; \
            73 the plot can't be written.
            """)

    @Option(help: ArgumentHelp("JobAgents that watch, 1 to 10000000.", valueName: "N"))
    var agents = 1000

    @Option(help: ArgumentHelp("Sessions with one master each, 1 to 100.", valueName: "M"))
    var masters = 1

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Workers that each master wants.", valueName: "P"))
    var workers = 10

    @Option(help: ArgumentHelp("Seconds between a watcher's checks, 1 to 3600.", valueName: "Y"))
    var checkPeriod = 30.0

    @Option(help: ArgumentHelp("Seconds between advertisements, 1 to 25.", valueName: "S"))
    var publishPeriod = 20.0

    @Option(help: "Whether the JobAgents start one by one or in one moment.")
    var arrival = SimulationSettings.Arrival.uniform

    @Option(help: ArgumentHelp("The part of the datagrams that get lost, 0 to 1.", valueName: "p"))
    var loss = 0.0

    @Option(help: ArgumentHelp("Seconds that the repository is behind, 0 to 300.", valueName: "S"))
    var lag = 2.0

    @Option(help: "How much else goes wrong.")
    var faults = SimulationSettings.Faults.none

    @Option(help: "Whether those join that the master's Share invites, or everyone as in the original design.")
    var rule = SimulationSettings.Rule.invited

    @Option(help: ArgumentHelp("Sites that the JobAgents are spread over, 1 to 10000.", valueName: "N"))
    var sites = 40

    @Flag(help: "Each site asks through a relay, which asks the repository once a second at most.")
    var relay = false

    @Option(help: ArgumentHelp("Simulated seconds from the first advertisement to the end.", valueName: "D"))
    var duration = 600.0

    @Flag(help: "End a run as soon as every slot was leased and no late claim can come.")
    var untilLeased = false

    @Option(help: ArgumentHelp("The seed of the first run; each further run has the next.", valueName: "K"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("How many runs.", valueName: "R"))
    var runs = 1

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: ArgumentHelp("Draw the first run into an SVG file.", valueName: "file"))
    var plot: String?

    @Flag(help: "Print every event but idle checks; with --json on standard error.")
    var trace = false

    func validate() throws {
        try Self.check("--agents", Double(self.agents), 1...10_000_000)
        try Self.check("--masters", Double(self.masters), 1...100)
        try Self.check("--workers", Double(self.workers), 1...1_000_000)
        try Self.check("--check-period", self.checkPeriod, 1...3600)
        try Self.check("--publish-period", self.publishPeriod, 1...25)
        try Self.check("--loss", self.loss, 0...1)
        try Self.check("--lag", self.lag, 0...300)
        try Self.check("--sites", Double(self.sites), 1...10_000)
        try Self.check("--duration", self.duration, 1...1_000_000)
        try Self.check("--runs", Double(self.runs), 1...1_000_000)
    }

    func run() async throws {
        let settings = (0..<self.runs).map { self.settings(seed: self.seed &+ UInt64($0)) }
        let reports = await self.reports(settings)
        if self.json {
            print(
                JSONValue.object([
                    JSONValue.Member(name: "runs", value: .array(reports.map(\.document))),
                    JSONValue.Member(name: "summary", value: SimulationSummary(reports).document),
                ]).text)
        } else {
            print(SimulationTable(reports).text)
        }
        try self.draw(reports.first)
        let failed = reports.filter { !$0.violations.isEmpty }
        for report in failed {
            for violation in report.violations {
                Self.complain("seed \(report.settings.seed): \(violation)")
            }
            Self.complain("replay it: \(report.replay)")
        }
        if !failed.isEmpty {
            throw ExitCode(ExitStatus.software.rawValue)
        }
    }

    private func settings(seed: UInt64) -> SimulationSettings {
        var settings = SimulationSettings()
        settings.agents = self.agents
        settings.masters = self.masters
        settings.workers = self.workers
        settings.checkPeriod = .seconds(self.checkPeriod)
        settings.publishPeriod = .seconds(self.publishPeriod)
        settings.arrival = self.arrival
        settings.loss = self.loss
        settings.lag = .seconds(self.lag)
        settings.faults = self.faults
        settings.rule = self.rule
        settings.sites = self.sites
        settings.relay = self.relay
        settings.duration = .seconds(self.duration)
        settings.endsWhenLeased = self.untilLeased
        settings.seed = seed
        return settings
    }

    private func reports(_ settings: [SimulationSettings]) async -> [SimulationReport] {
        if self.trace {
            return settings.map { one in
                var simulation = Simulation(one)
                return simulation.run(trace: { line in
                    FileHandle(fileDescriptor: self.json ? 2 : 1).write(Data((line + "\n").utf8))
                })
            }
        }
        let bar = ProgressBar("simulating")
        defer { bar.clear() }
        let width = ProcessInfo.processInfo.activeProcessorCount
        return await SimulationBatch.run(settings, width: width) { bar.show($0) }
    }

    private func draw(_ report: SimulationReport?) throws {
        guard let plot, let report else { return }
        do {
            try SimulationPlot(report).svg.write(toFile: plot, atomically: true, encoding: .utf8)
        } catch {
            throw CommandError(.cannotCreate, "\(plot): \(error.localizedDescription)").reported()
        }
    }

    private static func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>) throws {
        guard range.contains(value) else {
            let least = range.lowerBound.formatted(.number.grouping(.never))
            let most = range.upperBound.formatted(.number.grouping(.never))
            throw ValidationError("\(name): \(value) is not from \(least) to \(most)")
        }
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data("alien-pod: \(text)\n".utf8))
    }
}
