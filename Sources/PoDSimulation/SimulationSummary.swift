public import PoDCore

/// What several runs say together.
public struct SimulationSummary: Hashable, Sendable {
    /// The middle and the worst of a number over the runs in which there is one.
    public struct Spread: Hashable, Sendable {
        public let count: Int
        public let mean: Double
        public let most: Double

        /// - Returns: `nil` without numbers.
        init?(_ numbers: [Double]) {
            guard let most = numbers.max() else { return nil }
            self.count = numbers.count
            self.mean = numbers.reduce(0, +) / Double(numbers.count)
            self.most = most
        }
    }

    public let runs: Int
    public let overLeased: Int
    public let violations: Int
    public let claimsPerSlot: Spread?
    public let timeToAllLeased: Spread?
    public let timeToAllRegistered: Spread?
    public let timeToMostClaimed: Spread?
    /// Requests at the repository, a second, while the sessions last.
    public let requestRate: Spread?
    public let datagrams: Spread?

    public init(_ reports: [SimulationReport]) {
        self.runs = reports.count
        self.overLeased = reports.map(\.overLeased).max() ?? 0
        self.violations = reports.reduce(0) { $0 + $1.violations.count }
        self.claimsPerSlot = Spread(reports.map(\.claimsPerSlot))
        self.timeToAllLeased = Spread(reports.compactMap { $0.timeToAllLeased?.inSeconds })
        self.timeToAllRegistered = Spread(reports.compactMap { $0.timeToAllRegistered?.inSeconds })
        self.timeToMostClaimed = Spread(reports.compactMap { $0.timeToMostClaimed?.inSeconds })
        self.requestRate = Spread(
            reports.map { report in
                // Nobody asks while everything winds up.
                let asking = min(report.simulated, report.settings.checkPeriod + report.settings.duration)
                return Double(report.repositoryRequests) / max(1, asking.inSeconds)
            })
        self.datagrams = Spread(reports.map { Double($0.datagrams) })
    }

    /// The member `summary` of the output of `alien-pod simulate --json`.
    public var document: JSONValue {
        .object([
            JSONValue.Member(name: "runs", value: .integer(Int64(self.runs))),
            JSONValue.Member(name: "over_leased_max", value: .integer(Int64(self.overLeased))),
            JSONValue.Member(name: "violations", value: .integer(Int64(self.violations))),
            JSONValue.Member(name: "claims_per_slot", value: Self.document(self.claimsPerSlot)),
            JSONValue.Member(name: "time_to_all_leased_s", value: Self.document(self.timeToAllLeased)),
            JSONValue.Member(name: "time_to_all_registered_s", value: Self.document(self.timeToAllRegistered)),
            JSONValue.Member(name: "time_to_95_percent_claimed_s", value: Self.document(self.timeToMostClaimed)),
            JSONValue.Member(name: "repository_requests_per_s", value: Self.document(self.requestRate)),
            JSONValue.Member(name: "datagrams", value: Self.document(self.datagrams)),
        ])
    }

    private static func document(_ spread: Spread?) -> JSONValue {
        guard let spread else { return .null }
        return .object([
            JSONValue.Member(name: "runs", value: .integer(Int64(spread.count))),
            JSONValue.Member(name: "mean", value: .number(spread.mean)),
            JSONValue.Member(name: "max", value: .number(spread.most)),
        ])
    }
}
