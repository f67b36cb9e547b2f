import Synchronization

/// Runs side by side, each with its own seed; what comes out does not depend on how many run at once.
public enum SimulationBatch {
    /// - Parameters:
    ///   - width: How many at once, at least 1.
    ///   - progress: Told the part of the whole that is done, 0 to 1, from any thread.
    /// - Returns: The reports in the order of the settings.
    public static func run(
        _ settings: [SimulationSettings], width: Int, progress: (@Sendable (Double) -> Void)? = nil
    ) async -> [SimulationReport] {
        let parts = Parts(count: settings.count)
        return await withTaskGroup(of: (Int, SimulationReport).self) { group in
            var reports = [SimulationReport?](repeating: nil, count: settings.count)
            var next = 0
            var running = 0
            while true {
                while next < settings.count, running < max(1, width) {
                    let index = next
                    let one = settings[index]
                    group.addTask {
                        var simulation = Simulation(one)
                        let report = simulation.run(progress: { part in
                            progress?(parts.set(part, of: index))
                        })
                        progress?(parts.set(1, of: index))
                        return (index, report)
                    }
                    next += 1
                    running += 1
                }
                guard let (index, report) = await group.next() else { break }
                reports[index] = report
                running -= 1
            }
            return reports.compactMap { $0 }
        }
    }

    /// How much of each run is done.
    private final class Parts: Sendable {
        private let parts: Mutex<[Double]>

        init(count: Int) {
            self.parts = Mutex(Array(repeating: 0, count: count))
        }

        func set(_ part: Double, of index: Int) -> Double {
            self.parts.withLock { parts in
                parts[index] = part
                return parts.reduce(0, +) / Double(max(1, parts.count))
            }
        }
    }
}
