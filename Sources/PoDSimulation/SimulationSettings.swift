import PoDCore

/// What is simulated: how many, how often, how far behind, and what goes wrong.
public struct SimulationSettings: Hashable, Sendable {
    /// When the JobAgents start.
    public enum Arrival: String, Hashable, Sendable, CaseIterable {
        /// One by one during the check period before the first master.
        case uniform
        /// All in one moment, a check period before the first master: a site that is switched on.
        case burst
    }

    /// How much goes wrong, besides ``SimulationSettings/loss``.
    public enum Faults: String, Hashable, Sendable, CaseIterable {
        case none, light, heavy
    }

    /// Which watchers join.
    public enum Rule: String, Hashable, Sendable, CaseIterable {
        /// Those that the master's `Share` invites.
        case invited
        /// Everyone that sees the address: the original design's rule, to compare with.
        case everyone
    }

    /// JobAgents, 1 to 10,000,000.
    public var agents = 1000
    /// Sessions, each with one master, 1 to 100.
    public var masters = 1
    /// Workers that each master wants, 1 to 1,000,000.
    public var workers = 10
    /// The time between two checks of a watcher, *y*.
    public var checkPeriod: Duration = .seconds(30)
    public var publishPeriod: Duration = .seconds(20)
    public var arrival = Arrival.uniform
    /// The part of the datagrams that get lost.
    public var loss = 0.0
    /// How far the repository is behind.
    public var lag: Duration = .seconds(2)
    public var faults = Faults.none
    public var rule = Rule.invited
    /// Sites that the JobAgents are spread over.
    public var sites = 40
    /// Whether each site asks through a relay, which asks the repository once a second at most.
    public var relay = false
    public var duration: Duration = .seconds(600)
    /// Whether the run ends before its duration, as soon as every slot was leased and no late claim can come.
    public var endsWhenLeased = false
    public var seed: UInt64 = 1

    public init() {}

    /// MonALISA services that each datagram goes to, so that watchers find two rows of one master.
    var farms: Int { self.faults == .heavy ? 2 : 1 }

    /// Faults end here, so that what must become well again has the time to.
    var faultsEnd: Duration {
        self.faults == .none ? .zero : max(self.duration * 0.3, self.duration - self.recovery)
    }

    /// The time by which every free slot must be leased again.
    var recovery: Duration { max(.seconds(260), self.checkPeriod * 20 + self.lag * 20 + .seconds(60)) }

    /// The arguments of `alien-pod simulate` that give this run again.
    public var arguments: String {
        var words = [
            "--agents \(self.agents)", "--masters \(self.masters)", "--workers \(self.workers)",
            "--check-period \(self.checkPeriod.inSeconds)", "--publish-period \(self.publishPeriod.inSeconds)",
            "--arrival \(self.arrival.rawValue)", "--loss \(self.loss)", "--lag \(self.lag.inSeconds)",
            "--faults \(self.faults.rawValue)", "--rule \(self.rule.rawValue)", "--sites \(self.sites)",
            "--duration \(self.duration.inSeconds)", "--seed \(self.seed)",
        ]
        if self.relay { words.append("--relay") }
        if self.endsWhenLeased { words.append("--until-leased") }
        return words.joined(separator: " ")
    }
}
