/// Which of a master's advertisements comes later: by the master's own counters, never by clocks.
public struct AdvertisementOrder: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Raised at each start of a master, at least to the milliseconds since 1970.
    public let epoch: UInt64
    /// Counts the advertisements of one epoch.
    public let sequence: UInt64

    public init(epoch: UInt64, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// Reads ``description``, the value of the parameter `Sequence`.
    public init(parsing text: Span<UInt8>) throws(ValueError) {
        let shown = String(decodingForMessage: text)
        let parts = shown.split(separator: ".", omittingEmptySubsequences: false)
        guard text.count <= Self.longestText, parts.count == 2, let epochText = parts.first,
            let sequenceText = parts.last, let epoch = UInt64(epochText), let sequence = UInt64(sequenceText),
            "\(epoch).\(sequence)" == shown
        else {
            throw ValueError("Sequence", found: shown, expected: "epoch.sequence")
        }
        self.init(epoch: epoch, sequence: sequence)
    }

    /// In bytes: two numbers of 64 bits and a point.
    private static let longestText = 41

    /// `epoch.sequence`.
    public var description: String { "\(self.epoch).\(self.sequence)" }

    /// An advertisement of the original design carries no counters: the receiver's stamp stands in for them.
    public init(unsignedReportedAt milliseconds: Int64) {
        self.init(epoch: 0, sequence: UInt64(clamping: milliseconds))
    }

    public static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.epoch, lhs.sequence) < (rhs.epoch, rhs.sequence)
    }
}
