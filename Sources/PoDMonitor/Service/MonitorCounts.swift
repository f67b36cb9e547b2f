/// How many datagrams came in since the start, and what became of them.
public struct MonitorCounts: Hashable, Sendable {
    /// All of them.
    public private(set) var received = 0
    /// Those whose values were taken.
    public private(set) var taken = 0
    /// Malformed ones, the empty one among them.
    public private(set) var malformed = 0
    /// Those with a wrong password, or none where one is needed.
    public private(set) var wrongPassword = 0
    /// Those of a source that sends too many.
    public private(set) var flooded = 0
    /// Well-formed ones that name no series: an empty cluster or node, or an accounting record.
    public private(set) var unnamed = 0
    /// Values refused because the cache is full.
    public private(set) var valuesRefused = 0

    public init() {}

    mutating func add(_ outcome: DatagramOutcome) {
        self.received += 1
        switch outcome {
        case .taken(_, let refused):
            self.taken += 1
            self.valuesRefused += refused
        case .malformed: self.malformed += 1
        case .wrongPassword: self.wrongPassword += 1
        case .flooded: self.flooded += 1
        case .unnamed: self.unnamed += 1
        }
    }
}
