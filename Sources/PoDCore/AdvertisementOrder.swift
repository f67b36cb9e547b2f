/// Which of a master's advertisements comes later: by the master's own counters, never by clocks.
public struct AdvertisementOrder: Hashable, Comparable, Sendable {
    /// Raised at each start of a master, at least to the milliseconds since 1970.
    public let epoch: UInt64
    /// Counts the advertisements of one epoch.
    public let sequence: UInt64

    public init(epoch: UInt64, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// An unsigned advertisement carries no counters: the receiver's stamp stands in for them.
    public init(unsignedReportedAt milliseconds: Int64) {
        self.init(epoch: 0, sequence: UInt64(clamping: milliseconds))
    }

    public static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.epoch, lhs.sequence) < (rhs.epoch, rhs.sequence)
    }
}
