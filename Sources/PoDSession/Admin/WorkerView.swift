public import PoDCore

/// What a master knows of one worker, for its user.
public struct WorkerView: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// It has a lease; nothing was heard since.
        case granted
        /// Its daemon is being prepared or started.
        case starting
        case registered
        /// No connection, or silent.
        case away
        /// It was told to leave.
        case leaving
    }

    public var lease: LeaseID
    public var host: String
    public var processID: Int32
    public var state: State
    /// Since when it is in this state, in seconds since 1970.
    public var since: Int64
    /// Whether its daemon is reached by way of the master.
    public var isForwarded = false
    /// Processors that its daemon keeps busy; `nil` while unknown.
    public var load: Double?
    /// Memory of its daemon, in bytes; `nil` while unknown.
    public var residentBytes: Int64?
    /// In the worker's words, such as `ready`; `nil` while unknown.
    public var daemon: String?
    /// How often its daemon was started again.
    public var restarts = 0
    /// Why its daemon ended last, or why the worker leaves; `nil` without a reason.
    public var reason: String?
    /// The last lines of its daemon's log, where ``reason`` is one of failure.
    public var log: [String] = []
    /// Versions by name, such as `python`.
    public var versions: [String: String] = [:]

    public init(lease: LeaseID, host: String, processID: Int32, state: State, since: Int64) {
        self.lease = lease
        self.host = host
        self.processID = processID
        self.state = state
        self.since = since
    }
}

extension WorkerView {
    /// The JSON object. What is not known is left out.
    public var document: JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "lease", value: .string(self.lease.description)),
            .init(name: "host", value: .string(self.host)),
            .init(name: "pid", value: .integer(Int64(self.processID))),
            .init(name: "state", value: .string(self.state.rawValue)),
            .init(name: "since", value: .integer(self.since)),
        ]
        if self.isForwarded { members.append(.init(name: "forwarded", value: .bool(true))) }
        if let load { members.append(.init(name: "load", value: .number(load))) }
        if let residentBytes { members.append(.init(name: "rss", value: .integer(residentBytes))) }
        if let daemon { members.append(.init(name: "daemon", value: .string(daemon))) }
        members.append(.init(name: "restarts", value: .integer(Int64(self.restarts))))
        if let reason { members.append(.init(name: "reason", value: .string(reason))) }
        if !self.log.isEmpty {
            members.append(.init(name: "log", value: .array(self.log.map { .string($0) })))
        }
        if !self.versions.isEmpty {
            let versions = self.versions.sorted { $0.key < $1.key }
            members.append(
                .init(
                    name: "versions",
                    value: .object(versions.map { JSONValue.Member(name: $0.key, value: .string($0.value)) })))
        }
        return .object(members)
    }

    /// Reads a JSON object. Members that are not known are ignored.
    ///
    /// - Throws: ``ValueError`` that names the member that is wrong.
    public init(document: JSONValue) throws(ValueError) {
        guard let host = document["host"]?.string, let since = document["since"]?.integer,
            let state = document["state"]?.string.flatMap({ State(rawValue: $0) })
        else {
            throw ValueError("worker", "expected lease, host, state and since")
        }
        self.init(
            lease: try LeaseID(parsing: document["lease"]?.string ?? ""), host: host,
            processID: Int32(clamping: document["pid"]?.integer ?? 0), state: state, since: since)
        self.isForwarded = document["forwarded"] == .bool(true)
        self.load = document["load"]?.number
        self.residentBytes = document["rss"]?.integer
        self.daemon = document["daemon"]?.string
        self.restarts = Int(clamping: document["restarts"]?.integer ?? 0)
        self.reason = document["reason"]?.string
        self.log = (document["log"]?.array ?? []).compactMap(\.string)
        for member in document["versions"]?.members ?? [] {
            self.versions.updateValue(member.value.string ?? "", forKey: member.name)
        }
    }
}
