import PoDCore
import PoDSimulation
import Testing

@Suite(.timeLimit(.minutes(10))) struct ReportTests {
    private static let report: SimulationReport = {
        var settings = SimulationSettings()
        settings.agents = 300
        settings.workers = 5
        settings.seed = 9
        var simulation = Simulation(settings)
        return simulation.run()
    }()

    @Test("the document of a run has the members that programs read")
    func document() throws {
        let document = try JSONValue(parsing: Array(Self.report.document.text.utf8))
        #expect(document["seed"]?.string == "9")
        #expect(document["workers"]?.integer == 5)
        #expect(document["leased_max"]?.integer == 5)
        #expect(document["over_leased"]?.integer == 0)
        #expect((document["claims"]?.integer ?? 0) >= 5)
        #expect((document["claims_per_slot"]?.number ?? 0) >= 1)
        let leased = try #require(document["time_to_all_leased_s"]?.number)
        let registered = try #require(document["time_to_all_registered_s"]?.number)
        #expect(leased > 0 && registered > leased)
        #expect((document["repository_requests"]?.integer ?? 0) > 300)
        #expect((document["datagrams"]?.integer ?? 0) > 3)
        #expect(document["violations"]?.array == [])
    }

    @Test("the summary says mean and worst, and nothing of what did not happen")
    func summary() {
        let summary = SimulationSummary([Self.report])
        #expect(summary.runs == 1)
        #expect(summary.claimsPerSlot?.mean == Self.report.claimsPerSlot)
        #expect(summary.document["time_to_all_leased_s"]?["max"]?.number == summary.timeToAllLeased?.most)
        // 300 watchers ask once in 30 s; the time after the session's end, when nobody asks, does not count.
        #expect(summary.requestRate.map { (9...11).contains($0.mean) } == true)
        #expect(SimulationSummary([]).document["claims_per_slot"] == .null)
    }

    @Test("the plot is a picture with three lines")
    func plot() {
        let svg = SimulationPlot(Self.report).svg
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.split(separator: "<polyline ").count >= 4)
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }

    @Test("the replay names everything that determines the run")
    func replay() {
        var settings = SeedsTests.settings(seed: 42, .heavy)
        settings.relay = true
        settings.rule = .everyone
        var simulation = Simulation(settings)
        let replay = simulation.run().replay
        for word in ["--seed 42", "--faults heavy", "--relay", "--rule everyone", "--duration 1500.0", "--trace"] {
            #expect(replay.contains(word))
        }
    }
}
