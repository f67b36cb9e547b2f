/// The filter by which every ApMon sender keeps to a number of messages a second.
///
/// An average with weight 0.92 for the past; nothing is held back until it reaches 90 % of the rate, so that about
/// rate / 0.08 messages pass in a first burst: 250 at a rate of 20.
public struct RateLimit: Hashable, Sendable {
    private static let weight = 0.92

    /// Messages a second.
    public let rate: Double
    private var average = 0.0
    private var second: Int64?
    private var sentThisSecond = 0.0

    /// - Parameter rate: Above 0.
    public init(rate: Int) {
        self.rate = Double(max(1, rate))
    }

    /// Whether a message may be sent, which counts it if so.
    ///
    /// - Parameters:
    ///   - second: The whole seconds of a clock that does not go back.
    ///   - random: Called at most once, for a number from 0 to just below 1.
    public mutating func admits(at second: Int64, random: () -> Double) -> Bool {
        if let last = self.second, second > last {
            let passed = Double(second) - Double(last)
            self.average = Self.weight * self.average + (1 - Self.weight) * self.sentThisSecond / passed
            self.sentThisSecond = 0
        }
        self.second = max(second, self.second ?? second)
        let current = Self.weight * self.average + (1 - Self.weight) * self.sentThisSecond
        if current > 0.9 * self.rate, random() * self.rate / 10 >= self.rate - current {
            return false
        }
        self.sentThisSecond += 1
        return true
    }
}
