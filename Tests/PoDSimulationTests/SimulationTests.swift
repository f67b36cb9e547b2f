import PoDCore
import PoDSimulation
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct SimulationTests {
    private static func report(_ change: (inout SimulationSettings) -> Void) -> SimulationReport {
        var settings = SimulationSettings()
        change(&settings)
        var simulation = Simulation(settings)
        return simulation.run()
    }

    @Test("the same seed gives the same run, to the last event", arguments: SimulationSettings.Faults.allCases)
    func sameSeed(_ faults: SimulationSettings.Faults) {
        let settings = SeedsTests.settings(seed: 77, faults)
        var traces: [[String]] = [[], []]
        var one = Simulation(settings)
        var other = Simulation(settings)
        let reports = [one.run(trace: { traces[0].append($0) }), other.run(trace: { traces[1].append($0) })]
        #expect(traces[0] == traces[1])
        #expect(traces[0].count > 100)
        #expect(reports[0] == reports[1])
        #expect(reports[0].document.text == reports[1].document.text)
    }

    @Test("another seed gives another run")
    func otherSeeds() {
        let digests = (1...20).map { seed in Self.report { $0.seed = UInt64(seed) }.digest }
        #expect(Set(digests).count == digests.count)
    }

    @Test("runs side by side come out as alone, in order")
    func sideBySide() async {
        let settings = (1...12).map { SeedsTests.settings(seed: UInt64($0), .heavy) }
        let parts = Mutex<[Double]>([])
        let together = await SimulationBatch.run(settings, width: 3) { part in parts.withLock { $0.append(part) } }
        let alone = await SimulationBatch.run(settings, width: 1)
        #expect(together == alone)
        #expect(together.map(\.settings.seed) == settings.map(\.seed))
        #expect(parts.withLock { $0.max() } == 1)
    }

    /// Each watcher asks about once a period: nobody is forgotten by the wheel of checks, and nobody asks twice.
    @Test(arguments: [1, 7, 30, 600], SimulationSettings.Arrival.allCases)
    func everyWatcherChecksOnceAPeriod(_ period: Int64, _ arrival: SimulationSettings.Arrival) {
        let report = Self.report {
            $0.agents = 200
            $0.workers = 1
            $0.checkPeriod = .seconds(period)
            $0.duration = .seconds(20 * period)
            $0.arrival = arrival
        }
        // From their start to the sessions' end there are 20 to 21 periods; one watcher works, masters look too.
        #expect(report.repositoryRequests >= 199 * 19)
        #expect(report.repositoryRequests <= 200 * 22 + 20 * Int(period))
        #expect(report.violations == [])
    }

    @Test("everyone that sees an address joins under the original rule, and still no slot is granted twice")
    func originalRule() {
        let report = Self.report {
            $0.agents = 2000
            $0.workers = 10
            $0.rule = .everyone
        }
        #expect(report.claimsPerSlot > 10)
        #expect(report.overLeased == 0)
        #expect(report.leasedMax == 10)
        #expect(report.violations == [])
    }

    @Test("relays ask once a second at most, however many watchers there are")
    func relays() {
        let report = Self.report {
            $0.agents = 20_000
            $0.sites = 10
            $0.relay = true
            $0.duration = .seconds(120)
        }
        #expect(report.peakRequests <= 12)
        #expect(report.leasedMax == 10)
    }

    @Test("the progress goes up to the whole")
    func progress() {
        var parts: [Double] = []
        var simulation = Simulation(SeedsTests.settings(seed: 3, .light))
        _ = simulation.run(progress: { parts.append($0) })
        #expect(parts == parts.sorted())
        #expect(parts.allSatisfy { $0 >= 0 && $0 <= 1 })
    }
}
