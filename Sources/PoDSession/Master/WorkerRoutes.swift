package import PoDCore

/// How each lease's daemon is reached: found out once, and the same for the lease's life, for others know the daemon by it.
/// No I/O, no clock.
package struct WorkerRoutes: Sendable {
    package enum Route: Hashable, Sendable {
        case direct
        /// By a port of the master.
        case forwarded(Address)

        /// Where others reach the daemon; `nil` where it says so itself.
        package var contact: Address? {
            if case .forwarded(let contact) = self { contact } else { nil }
        }
    }

    /// What is to be done for a claim.
    package enum Step: Hashable, Sendable {
        case tell(Route)
        case openPort
        case probe(Address)
        /// A port is being opened.
        case wait
    }

    private let rule: ForwardingRule
    private var routes: [LeaseID: Route] = [:]
    private var opening: Set<LeaseID> = []

    /// - Parameter restored: Leases of an earlier life of the master that were forwarded: their ports are being opened.
    package init(_ rule: ForwardingRule, restored: some Sequence<LeaseID> = []) {
        self.rule = rule
        self.opening = Set(restored)
    }

    /// `nil` while it is not known.
    package subscript(lease: LeaseID) -> Route? { self.routes[lease] }

    /// A claim got a lease.
    ///
    /// - Parameters:
    ///   - isNew: Whether it had none before.
    ///   - reach: Where the worker says that it listens. One that has its terms says nothing.
    ///   - source: Where its connection comes from.
    package mutating func claimed(
        _ lease: LeaseID, isNew: Bool, reach: Claim.Reach?, from source: Address?
    ) -> Step {
        if let route = self.routes[lease] {
            return .tell(route)
        }
        if self.opening.contains(lease) {
            return .wait
        }
        // It had its terms from a master that was here before, whose journal knows of no port.
        if !isNew, reach == nil {
            return self.decided(lease, .direct)
        }
        switch self.rule.way(to: reach, from: source) {
        case .direct: return self.decided(lease, .direct)
        case .forwarded: return self.forward(lease)
        case .directIfMet(let address): return .probe(address)
        }
    }

    /// It was tried whether the worker can be reached.
    package mutating func probed(_ lease: LeaseID, isMet: Bool) -> Step {
        if let route = self.routes[lease] {
            return .tell(route)
        }
        return isMet ? self.decided(lease, .direct) : self.forward(lease)
    }

    /// The port that was to be opened is there.
    package mutating func opened(_ lease: LeaseID, at contact: Address) -> Step {
        self.opening.remove(lease)
        return self.decided(lease, .forwarded(contact))
    }

    /// A lease is over.
    package mutating func forget(_ lease: LeaseID) {
        self.opening.remove(lease)
        self.routes.removeValue(forKey: lease)
    }

    private mutating func decided(_ lease: LeaseID, _ route: Route) -> Step {
        self.routes.updateValue(route, forKey: lease)
        return .tell(route)
    }

    private mutating func forward(_ lease: LeaseID) -> Step {
        self.opening.insert(lease).inserted ? .openPort : .wait
    }
}
