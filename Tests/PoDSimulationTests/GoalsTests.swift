import PoDCore
import PoDSimulation
import Testing

/// The goals of the invitations, on worlds that are small enough for a test; `Benchmarks/simulation` prints them all.
@Suite(.timeLimit(.minutes(10))) struct GoalsTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let agents: Int
        let slots: Int
        let lag: Int64
        let claimsPerSlot: Double

        var testDescription: String { "\(agents) agents, \(slots) slots, \(lag) s behind" }
        /// Three check periods and twenty times the lag.
        var time: Double { Double(90 + 20 * self.lag) }
    }

    static let cases = [
        Case(agents: 20, slots: 1, lag: 2, claimsPerSlot: 1.5),
        Case(agents: 1000, slots: 1, lag: 2, claimsPerSlot: 1.5),
        Case(agents: 1000, slots: 10, lag: 2, claimsPerSlot: 1.5),
        Case(agents: 20_000, slots: 1000, lag: 2, claimsPerSlot: 1.5),
        Case(agents: 1000, slots: 1, lag: 5, claimsPerSlot: 2),
        Case(agents: 20, slots: 1, lag: 15, claimsPerSlot: 2),
        Case(agents: 1000, slots: 10, lag: 15, claimsPerSlot: 2),
        Case(agents: 20, slots: 1, lag: 40, claimsPerSlot: 2),
        Case(agents: 1000, slots: 10, lag: 40, claimsPerSlot: 2),
    ]

    @Test(arguments: cases)
    func fewClaimsAndSoonLeased(_ one: Case) async {
        let runs = one.agents > 1000 ? 10 : 60
        let summary = await self.summary(runs: runs, agents: one.agents, slots: one.slots, lag: one.lag)
        #expect(summary.overLeased == 0)
        #expect(summary.violations == 0)
        #expect(summary.timeToAllLeased?.count == runs)
        #expect(summary.claimsPerSlot.map { $0.mean <= one.claimsPerSlot } == true, "\(summary)")
        #expect(summary.timeToAllLeased.map { $0.mean <= one.time } == true, "\(summary)")
    }

    @Test("where watchers are fewer than slots, nearly all have claimed within three periods")
    func fewerWatchersThanSlots() async {
        let summary = await self.summary(runs: 20, agents: 100, slots: 1000, lag: 2)
        #expect(summary.timeToMostClaimed?.count == 20)
        #expect(summary.timeToMostClaimed.map { $0.mean <= 90 } == true, "\(summary)")
    }

    private func summary(runs: Int, agents: Int, slots: Int, lag: Int64) async -> SimulationSummary {
        let settings = (1...runs).map { seed in
            var settings = SimulationSettings()
            settings.agents = agents
            settings.workers = slots
            settings.lag = .seconds(lag)
            settings.duration = .seconds(agents < slots ? 300 : 3000)
            settings.endsWhenLeased = true
            settings.seed = UInt64(seed)
            return settings
        }
        return SimulationSummary(await SimulationBatch.run(settings, width: 2))
    }
}
