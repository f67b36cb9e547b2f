/// The last value of each series, as MonALISA's cache keeps it (`lia.Monitor.Store.Cache`): never history.
///
/// A newer value replaces an older one, an older one that arrives later does not, and of two with one time the later
/// arrival stays. Time is an argument throughout, in milliseconds since 1970.
package struct SeriesCache: Sendable {
    /// What keeps a stranger's datagrams from filling the memory.
    package struct Limits: Hashable, Sendable {
        /// How long a value is kept, in milliseconds.
        package var retention: Int64
        /// How many series there may be.
        package var seriesCount: Int
        /// How many bytes their names and texts may have, all together.
        package var byteCount: Int

        package init(
            retention: Int64 = 15 * 60 * 1000, seriesCount: Int = 200_000, byteCount: Int = 128 * 1024 * 1024
        ) {
            self.retention = retention
            self.seriesCount = seriesCount
            self.byteCount = byteCount
        }
    }

    /// What became of a value.
    package enum Outcome: Hashable, Sendable {
        case stored
        /// A newer value is there already.
        case older
        /// A limit is reached; known series are still updated.
        case full
    }

    private struct Entry {
        var value: SeriesValue
        var time: Int64
        var arrival: Int64
    }

    package let limits: Limits
    package private(set) var seriesCount = 0
    package private(set) var byteCount = 0
    // By cluster, for nearly every request names one.
    private var clusters: [String: [SeriesKey: Entry]] = [:]
    private var nextRemoval = Int64.min

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Takes a value in.
    ///
    /// - Parameters:
    ///   - sample: The value, with its own time.
    ///   - now: The time of its arrival.
    package mutating func store(_ sample: SeriesSample, now: Int64) -> Outcome {
        if now >= self.nextRemoval {
            self.removeExpired(now: now)
            self.nextRemoval = now.saturatingAdd(max(1, self.limits.retention / 60))
        }
        let key = sample.key
        let known = self.clusters[key.cluster]?[key]
        // After the clock was set back nothing from before is newer for ever.
        if let known, known.time > sample.time, known.arrival <= now {
            return .older
        }
        let growth = sample.value.byteCount - (known?.value.byteCount ?? -key.byteCount)
        guard self.byteCount + growth <= self.limits.byteCount,
            known != nil || self.seriesCount < self.limits.seriesCount
        else {
            return .full
        }
        self.clusters[key.cluster, default: [:]][key] = Entry(value: sample.value, time: sample.time, arrival: now)
        self.byteCount += growth
        self.seriesCount += known == nil ? 1 : 0
        return .stored
    }

    /// The values of the series that match and whose times lie in the window, in no order.
    ///
    /// - Parameters:
    ///   - window: `nil` for any time.
    ///   - limit: Ends the search: one more than may be answered.
    package func samples(
        matching pattern: SeriesPattern, in window: TimeWindow? = nil, now: Int64, limit: Int = .max
    ) -> [SeriesSample] {
        var found: [SeriesSample] = []
        if let key = pattern.exactKey {
            guard let entry = self.clusters[key.cluster]?[key] else { return [] }
            let isAsked = !self.isExpired(entry, now: now) && window?.contains(entry.time, now: now) != false
            return isAsked ? [SeriesSample(key: key, value: entry.value, time: entry.time)] : []
        }
        func search(_ entries: [SeriesKey: Entry]) {
            for (key, entry) in entries where found.count < limit {
                if window?.contains(entry.time, now: now) != false, pattern.matches(key),
                    !self.isExpired(entry, now: now)
                {
                    found.append(SeriesSample(key: key, value: entry.value, time: entry.time))
                }
            }
        }
        if let cluster = pattern.cluster.literal {
            search(self.clusters[cluster] ?? [:])
        } else {
            for entries in self.clusters.values {
                search(entries)
            }
        }
        return found
    }

    /// Drops what is older than the retention.
    package mutating func removeExpired(now: Int64) {
        self.seriesCount = 0
        self.byteCount = 0
        for (cluster, entries) in self.clusters {
            let kept = entries.filter { !self.isExpired($0.value, now: now) }
            if kept.count != entries.count {
                self.clusters[cluster] = kept.isEmpty ? nil : kept
            }
            self.seriesCount += kept.count
            self.byteCount += kept.reduce(0) { $0 + $1.key.byteCount + $1.value.value.byteCount }
        }
    }

    /// By its own time, and by the time of its arrival: a value from the future must not stay for years.
    private func isExpired(_ entry: Entry, now: Int64) -> Bool {
        min(entry.time, entry.arrival) < now.saturatingAdd(-self.limits.retention)
    }
}

extension Int64 {
    /// The sum, kept at the end of the range where it would lie beyond.
    func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = self.addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
