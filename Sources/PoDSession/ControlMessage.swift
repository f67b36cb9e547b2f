public import PoDCore

/// What master and worker say to each other: one JSON object a line, described in `docs/control-channel.md`.
public enum ControlMessage: Hashable, Sendable {
    /// First in both directions.
    case hello(protocolName: String, version: String)
    /// The worker asks for a slot, and names the advertisement that it acts on, if that has a count.
    case claim(ClaimID, masterJobID: MasterJobID, sequence: AdvertisementOrder?, host: String, pid: Int32)
    /// The master gives one.
    case lease(LeaseID, recipe: String, parameters: [String: String])
    case refused(RefusalReason, reason: String)
    /// The worker's daemon is ready.
    case register(LeaseID)
    case registered
    case heartbeat(LeaseID)
    case acknowledged
    /// The master has given the slot to another, or never knew the lease.
    case leaseLost
    /// The worker ends.
    case bye(LeaseID)
    /// The master wants the worker to end.
    case stop(reason: String)
    /// What the other side sent was not understood.
    case error(reason: String)
}

extension ControlMessage {
    /// The JSON object.
    var document: JSONValue {
        switch self {
        case .hello(let name, let version):
            Self.object("hello", [("protocol", .string(name)), ("version", .string(version))])
        case .claim(let claim, let master, let sequence, let host, let pid):
            Self.object(
                "claim",
                [("claim", .string(claim.description)), ("masterJobId", .string(master.description))]
                    + (sequence.map { [("sequence", .string($0.description))] } ?? [])
                    + [("host", .string(host)), ("pid", .integer(Int64(pid)))])
        case .lease(let lease, let recipe, let parameters):
            Self.object(
                "lease",
                [
                    ("lease", .string(lease.description)), ("recipe", .string(recipe)),
                    (
                        "parameters",
                        .object(
                            parameters.sorted { $0.key < $1.key }.map {
                                JSONValue.Member(name: $0.key, value: .string($0.value))
                            })
                    ),
                ])
        case .refused(let refusal, let reason):
            Self.object(
                "refused", [("code", .integer(Int64(refusal.workerExitCode))), ("reason", .string(reason))])
        case .register(let lease): Self.object("register", [("lease", .string(lease.description))])
        case .registered: Self.object("registered", [])
        case .heartbeat(let lease): Self.object("heartbeat", [("lease", .string(lease.description))])
        case .acknowledged: Self.object("acknowledged", [])
        case .leaseLost: Self.object("lease-lost", [])
        case .bye(let lease): Self.object("bye", [("lease", .string(lease.description))])
        case .stop(let reason): Self.object("stop", [("reason", .string(reason))])
        case .error(let reason): Self.object("error", [("reason", .string(reason))])
        }
    }

    private static func object(_ type: String, _ members: [(String, JSONValue)]) -> JSONValue {
        .object(
            [JSONValue.Member(name: "type", value: .string(type))]
                + members.map { JSONValue.Member(name: $0.0, value: $0.1) })
    }

    /// Reads a JSON object. Members that are not known are ignored.
    ///
    /// - Throws: ``ValueError`` that names the type or member that is wrong.
    init(document: JSONValue) throws(ValueError) {
        switch try Self.text("type", of: document) {
        case "hello":
            self = .hello(
                protocolName: try Self.text("protocol", of: document), version: try Self.text("version", of: document))
        case "claim":
            self = .claim(
                try ClaimID(parsing: Self.text("claim", of: document)),
                masterJobID: try MasterJobID(parsing: Self.text("masterJobId", of: document)),
                sequence: try Self.sequence(of: document),
                host: try Self.text("host", of: document),
                pid: Int32(clamping: document["pid"]?.integer ?? 0))
        case "lease":
            var parameters: [String: String] = [:]
            for member in document["parameters"]?.members ?? [] {
                parameters.updateValue(try Self.text(member.name, of: .object([member])), forKey: member.name)
            }
            self = .lease(
                try Self.lease(of: document), recipe: try Self.text("recipe", of: document), parameters: parameters)
        case "refused":
            let code = document["code"]?.integer ?? 0
            guard let refusal = RefusalReason(workerExitCode: Int32(clamping: code)) else {
                throw ValueError("code", found: String(code), expected: "69, 75 or 77")
            }
            self = .refused(refusal, reason: try Self.text("reason", of: document))
        case "register": self = .register(try Self.lease(of: document))
        case "registered": self = .registered
        case "heartbeat": self = .heartbeat(try Self.lease(of: document))
        case "acknowledged": self = .acknowledged
        case "lease-lost": self = .leaseLost
        case "bye": self = .bye(try Self.lease(of: document))
        case "stop": self = .stop(reason: try Self.text("reason", of: document))
        case "error": self = .error(reason: try Self.text("reason", of: document))
        case let other: throw ValueError("type", found: other, expected: "a message of the control channel")
        }
    }

    private static func lease(of document: JSONValue) throws(ValueError) -> LeaseID {
        try LeaseID(parsing: self.text("lease", of: document))
    }

    private static func sequence(of document: JSONValue) throws(ValueError) -> AdvertisementOrder? {
        guard document["sequence"] != nil else { return nil }
        return try AdvertisementOrder(parsing: self.text("sequence", of: document).utf8.span)
    }

    private static func text(_ name: String, of document: JSONValue) throws(ValueError) -> String {
        guard let text = document[name]?.string else {
            throw ValueError(name, "expected a string")
        }
        return text
    }
}
