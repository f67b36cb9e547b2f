public import PoDCore

extension SimulationReport {
    /// One element of `runs` in the output of `alien-pod simulate --json`. Times are seconds since the first
    /// advertisement, `null` for what did not happen.
    public var document: JSONValue {
        .object([
            JSONValue.Member(name: "seed", value: .string(String(self.settings.seed))),
            JSONValue.Member(name: "workers", value: .integer(Int64(self.slots))),
            JSONValue.Member(name: "leased_max", value: .integer(Int64(self.leasedMax))),
            JSONValue.Member(name: "over_leased", value: .integer(Int64(self.overLeased))),
            JSONValue.Member(name: "claims", value: .integer(Int64(self.claims))),
            JSONValue.Member(name: "claims_per_slot", value: .number(self.claimsPerSlot)),
            JSONValue.Member(name: "time_to_all_leased_s", value: Self.seconds(self.timeToAllLeased)),
            JSONValue.Member(name: "time_to_all_registered_s", value: Self.seconds(self.timeToAllRegistered)),
            JSONValue.Member(name: "time_to_95_percent_claimed_s", value: Self.seconds(self.timeToMostClaimed)),
            JSONValue.Member(name: "repository_requests", value: .integer(Int64(self.repositoryRequests))),
            JSONValue.Member(name: "peak_requests_per_s", value: .integer(Int64(self.peakRequests))),
            JSONValue.Member(name: "datagrams", value: .integer(Int64(self.datagrams))),
            JSONValue.Member(name: "events", value: .integer(Int64(self.events))),
            JSONValue.Member(name: "simulated_s", value: .number(self.simulated.inSeconds)),
            JSONValue.Member(name: "digest", value: .string(String(self.digest, radix: 16))),
            JSONValue.Member(name: "violations", value: .array(self.violations.map { .string($0) })),
        ])
    }

    private static func seconds(_ duration: Duration?) -> JSONValue {
        duration.map { .number($0.inSeconds) } ?? .null
    }
}
