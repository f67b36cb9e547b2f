internal import Synchronization

/// What receiver and REST interface share: the cache, and the counts of what came in.
package final class MonitorStore: Sendable {
    private struct State {
        var cache: SeriesCache
        var counts = MonitorCounts()
    }

    private let state: Mutex<State>

    package init(limits: SeriesCache.Limits = SeriesCache.Limits()) {
        self.state = Mutex(State(cache: SeriesCache(limits: limits)))
    }

    package var counts: MonitorCounts { self.state.withLock { $0.counts } }

    /// Takes values in.
    ///
    /// - Returns: How many were refused because the cache is full.
    @discardableResult
    package func store(_ samples: [SeriesSample], now: Int64) -> Int {
        self.state.withLock { state in
            var refused = 0
            for sample in samples {
                refused += state.cache.store(sample, now: now) == .full ? 1 : 0
            }
            return refused
        }
    }

    package func samples(
        matching pattern: SeriesPattern, in window: TimeWindow?, now: Int64, limit: Int
    ) -> [SeriesSample] {
        self.state.withLock { $0.cache.samples(matching: pattern, in: window, now: now, limit: limit) }
    }

    package func count(_ outcome: DatagramOutcome) {
        self.state.withLock { $0.counts.add(outcome) }
    }
}
