/// The times a request asks for, as offsets from now in milliseconds: negative ones lie in the past.
package struct TimeWindow: Hashable, Sendable {
    package let from: Int64
    package let to: Int64

    /// - Returns: `nil` for "any time", which is what both ends at 0 or -1 mean.
    package init?(from: Int64, to: Int64) {
        let open: ClosedRange<Int64> = -1...0
        if open.contains(from), open.contains(to) {
            return nil
        }
        self.from = from
        self.to = to
    }

    /// Whether a time, in milliseconds since 1970, lies within, both ends included. Times before 1970 never do.
    package func contains(_ time: Int64, now: Int64) -> Bool {
        time > 0 && now.saturatingAdd(self.from) <= time && time <= now.saturatingAdd(self.to)
    }
}
