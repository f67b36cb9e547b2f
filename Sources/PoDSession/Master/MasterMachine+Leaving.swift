package import PoDCore

/// Who is to leave, and the user who wants more workers or fewer.
extension MasterMachine {
    static let leavingReason = "fewer workers are wanted"

    /// So many workers are wanted from now on.
    ///
    /// - Returns: Who is to leave, and what to do.
    package mutating func want(_ workers: Int, at now: Instant) -> (leaving: [LeaseID], outputs: [Output]) {
        let leaving = self.rules.want(workers, at: now)
        self.markLeaving(leaving, at: now)
        return (leaving, self.retire(leaving, reason: Self.leavingReason))
    }

    /// These workers are to leave.
    ///
    /// - Parameter finishing: Whether they may hand over first what they hold.
    package mutating func release(
        _ leases: [LeaseID], finishing: Bool, at now: Instant
    ) -> (leaving: [LeaseID], outputs: [Output]) {
        let leaving = self.rules.release(leases, at: now)
        self.markLeaving(leaving, at: now)
        let reason = "the user wants it to end"
        return (leaving, finishing ? self.retire(leaving, reason: reason) : self.leave(leaving, reason: reason))
    }

    /// Workers know before that a daemon that ends now was taken over: it is not to be started again.
    func retire(_ leases: [LeaseID], reason: String) -> [Output] {
        leases.isEmpty
            ? [] : leases.flatMap { self.tell(.retire(reason: reason), $0) } + [.retire(leases, reason: reason)]
    }

    mutating func markLeaving(_ leases: [LeaseID], at now: Instant) {
        for lease in leases {
            self.workers[lease]?.since = now
        }
    }

    /// Tells workers to leave.
    package func leave(_ leases: [LeaseID], reason: String) -> [Output] {
        leases.compactMap { lease in
            self.connectionOfLease[lease].map { .send(.stop(reason: reason), to: $0) }
        }
    }
}
