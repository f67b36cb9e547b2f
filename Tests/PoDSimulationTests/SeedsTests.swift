import Foundation
import PoDCore
import PoDSimulation
import PoDTestKit
import Testing

/// Thousands of seeded runs with everything going wrong, held to what must never be broken.
///
/// `ALIEN_POD_SIMULATION_SEEDS` sets how many seeds each block has (100); a failing one prints the command that replays
/// it with every event.
@Suite(.timeLimit(.minutes(60))) struct SeedsTests {
    private static let seedsPerBlock: UInt64 =
        ProcessInfo.processInfo.environment["ALIEN_POD_SIMULATION_SEEDS"].flatMap { UInt64($0) } ?? 100

    @Test("heavy faults break nothing", arguments: 0..<20 as Range<UInt64>)
    func heavyFaults(_ block: UInt64) {
        self.run(block, .heavy)
    }

    @Test("light faults break nothing", arguments: 0..<8 as Range<UInt64>)
    func lightFaults(_ block: UInt64) {
        self.run(block, .light)
    }

    @Test("a world without faults breaks nothing", arguments: 0..<4 as Range<UInt64>)
    func noFaults(_ block: UInt64) {
        self.run(block, .none)
    }

    private func run(_ block: UInt64, _ faults: SimulationSettings.Faults) {
        for number in 0..<Self.seedsPerBlock {
            let settings = Self.settings(seed: block * Self.seedsPerBlock + number + 1, faults)
            var simulation = Simulation(settings)
            let report = simulation.run()
            guard report.violations.isEmpty, report.overLeased == 0 else {
                Issue.record("\(report.violations.joined(separator: "\n"))\nreplay it: \(report.replay)")
                return
            }
        }
    }

    /// Small worlds of all kinds: in them everything meets everything soon.
    static func settings(seed: UInt64, _ faults: SimulationSettings.Faults) -> SimulationSettings {
        var generator = SeededGenerator(seed: seed ^ 0x5EED)
        var settings = SimulationSettings()
        settings.seed = seed
        settings.faults = faults
        settings.agents = Int.random(in: 4...90, using: &generator)
        settings.masters = Int.random(in: 1...3, using: &generator)
        settings.workers = Int.random(in: 1...10, using: &generator)
        let periods: [Int64] = [5, 10, 15, 30]
        settings.checkPeriod = .seconds(periods[Int.random(in: 0..<periods.count, using: &generator)])
        let lags: [Int64] = [0, 2, 5, 15]
        settings.lag = .seconds(lags[Int.random(in: 0..<lags.count, using: &generator)])
        settings.arrival = Bool.random(using: &generator) ? .burst : .uniform
        settings.relay = Int.random(in: 0..<4, using: &generator) == 0
        settings.sites = 5
        settings.duration = .seconds(1500)
        return settings
    }
}
