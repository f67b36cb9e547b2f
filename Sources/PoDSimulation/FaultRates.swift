import PoDCore

/// How often what goes wrong.
struct FaultRates {
    /// Of the datagrams.
    var loss: Double
    var duplicate = 0.0
    var late = 0.0
    /// Of a parameter becoming visible later than the others.
    var apart = 0.0
    /// Of the repository's answers.
    var failing = 0.0
    var stale = 0.0
    var truncated = 0.0
    /// Of the watchers that do not verify.
    var oldStyle = 0.0
    /// Of the daemons that end by themselves during a minute.
    var daemonEnds = 0.0
    /// Between two of the faults below, on average; `nil` for none of them.
    var meanInterval: Duration?
    /// The longest partition, suspension or outage.
    var longest: Duration = .seconds(30)

    init(_ settings: SimulationSettings) {
        self.loss = settings.loss
        switch settings.faults {
        case .none:
            break
        case .light:
            self.loss = max(self.loss, 0.05)
            self.duplicate = 0.02
            self.late = 0.02
            self.apart = 0.05
            self.failing = 0.03
            self.stale = 0.03
            self.truncated = 0.01
            self.oldStyle = 0.1
            self.daemonEnds = 0.01
            self.meanInterval = .seconds(40)
        case .heavy:
            self.loss = max(self.loss, 0.3)
            self.duplicate = 0.1
            self.late = 0.1
            self.apart = 0.2
            self.failing = 0.2
            self.stale = 0.2
            self.truncated = 0.1
            self.oldStyle = 0.3
            self.daemonEnds = 0.05
            self.meanInterval = .seconds(8)
            self.longest = .seconds(150)
        }
    }

    /// After the faults' end only the datagrams that the user asked to lose are lost.
    mutating func end(_ settings: SimulationSettings) {
        let oldStyle = self.oldStyle
        self = FaultRates(SimulationSettings())
        self.loss = settings.loss
        self.oldStyle = oldStyle
    }
}
