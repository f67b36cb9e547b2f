internal import ApMon

/// Keeps each source to a number of datagrams a second, by the filter that the senders have too.
///
/// Nothing is dropped until the average reaches 90 % of the rate, so a first burst passes: 560 or so at 50 a second.
package struct FloodControl: Sendable {
    private struct Source {
        var limit: RateLimit
        var lastSecond: Int64
    }

    /// After so many seconds of silence a source has no average worth keeping.
    private static let memory: Int64 = 60

    private let rate: Int
    private let sourceCount: Int
    private var sources: [String: Source] = [:]
    private var lastRemoval = Int64.min
    // All sources beyond the table's size, together.
    private var others: RateLimit

    /// - Parameters:
    ///   - rate: Datagrams a second; 0 for as many as come. MonALISA's default is 50.
    ///   - sourceCount: How many sources are told apart.
    package init(rate: Int = 50, sourceCount: Int = 4096) {
        self.rate = rate
        self.sourceCount = sourceCount
        self.others = RateLimit(rate: rate)
    }

    /// Whether a datagram may pass, which counts it if so.
    ///
    /// - Parameters:
    ///   - address: The source's IP address, without its port.
    ///   - second: The whole seconds of a clock that does not go back.
    ///   - random: Called at most once, for a number from 0 to just below 1.
    package mutating func admits(_ address: String, at second: Int64, random: () -> Double) -> Bool {
        guard self.rate > 0 else { return true }
        if self.sources[address] == nil, self.sources.count >= self.sourceCount {
            self.forgetSilent(at: second)
            guard self.sources.count < self.sourceCount else {
                return self.others.admits(at: second, random: random)
            }
        }
        var source = self.sources[address] ?? Source(limit: RateLimit(rate: self.rate), lastSecond: second)
        source.lastSecond = second
        let isAdmitted = source.limit.admits(at: second, random: random)
        self.sources[address] = source
        return isAdmitted
    }

    private mutating func forgetSilent(at second: Int64) {
        guard second > self.lastRemoval else { return }
        self.lastRemoval = second
        self.sources = self.sources.filter { second - $0.value.lastSecond < Self.memory }
    }
}
