public import PoDCore
public import PoDRendezvous

/// What a master says of its session: what is in its status file, and what went wrong with workers.
public struct SessionView: Sendable {
    /// A worker whose daemon failed, or that was refused or lost; or the master's own trouble.
    public struct Problem: Hashable, Sendable {
        /// `nil` where it is the master's.
        public let lease: LeaseID?
        public let host: String
        /// In seconds since 1970.
        public let at: Int64
        public let reason: String
        /// The last lines of its daemon's log.
        public let log: [String]

        public init(lease: LeaseID?, host: String, at: Int64, reason: String, log: [String] = []) {
            self.lease = lease
            self.host = host
            self.at = at
            self.reason = reason
            self.log = log
        }
    }

    public let status: MasterStatus
    /// When the master started, in seconds since 1970.
    public let startedAt: Int64
    /// The last ones, the newest last.
    public let problems: [Problem]

    public init(status: MasterStatus, startedAt: Int64, problems: [Problem] = []) {
        self.status = status
        self.startedAt = startedAt
        self.problems = problems
    }

    /// The document of the status file with `startedAt` and `problems`.
    public var document: JSONValue {
        .object(
            (self.status.document.members ?? []) + [
                .init(name: "startedAt", value: .integer(self.startedAt)),
                .init(name: "problems", value: .array(self.problems.map(\.document))),
            ])
    }
}

extension SessionView.Problem {
    fileprivate var document: JSONValue {
        .object(
            (self.lease.map {
                [
                    .init(name: "lease", value: .string($0.description)),
                    .init(name: "host", value: .string(self.host)),
                ]
            } ?? []) + [
                .init(name: "at", value: .integer(self.at)),
                .init(name: "reason", value: .string(self.reason)),
                .init(name: "log", value: .array(self.log.map { .string($0) })),
            ])
    }
}
