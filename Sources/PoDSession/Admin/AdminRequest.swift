public import PoDCore

/// What a user asks of a running master: one JSON object a line, described in `docs/admin.md`. It comes over the admin
/// socket, or over the control port from whoever holds the session's key.
public enum AdminRequest: Hashable, Sendable {
    /// Which workers.
    public enum Selection: Hashable, Sendable {
        case all
        /// One or more.
        case leases([LeaseID])
    }

    /// The session: phase, counts, addresses, what went wrong.
    case status
    /// All workers.
    case list
    /// So many workers are wanted from now on, 0 to ``Advertisement/mostWanted``.
    case want(Int)
    /// These workers finish what they do and leave; others may come in their place, unless fewer are wanted.
    case drain(Selection)
    /// These workers end their daemons and leave now.
    case stop(Selection)
    /// These workers end their daemons and start them again, with the same leases.
    case restart(Selection)
    /// The last lines of a worker's daemon's log, 1 to ``mostLogLines``.
    case logs(LeaseID, lines: Int)

    public static let mostLogLines = 1000
    /// The longest request, in bytes, with its newline.
    public static let longestLine = ControlCodec.longestLine
}

extension AdminRequest {
    /// The JSON object.
    public var document: JSONValue {
        switch self {
        case .status: Self.object("status")
        case .list: Self.object("workers-list")
        case .want(let workers): Self.object("workers-want", [("workers", .integer(Int64(workers)))])
        case .drain(let selection): Self.object("workers-drain", [("leases", selection.document)])
        case .stop(let selection): Self.object("workers-stop", [("leases", selection.document)])
        case .restart(let selection): Self.object("workers-restart", [("leases", selection.document)])
        case .logs(let lease, let lines):
            Self.object("workers-logs", [("lease", .string(lease.description)), ("lines", .integer(Int64(lines)))])
        }
    }

    /// Reads a JSON object. Members that are not known are ignored.
    ///
    /// - Throws: ``ValueError`` that names the member that is wrong.
    public init(document: JSONValue) throws(ValueError) {
        switch document["request"]?.string {
        case "status": self = .status
        case "workers-list": self = .list
        case "workers-want":
            self = .want(try Self.number("workers", of: document, in: 0...Advertisement.mostWanted))
        case "workers-drain": self = .drain(try Selection(document: document["leases"]))
        case "workers-stop": self = .stop(try Selection(document: document["leases"]))
        case "workers-restart": self = .restart(try Selection(document: document["leases"]))
        case "workers-logs":
            self = .logs(
                try LeaseID(parsing: document["lease"]?.string ?? ""),
                lines: try Self.number("lines", of: document, in: 1...Self.mostLogLines))
        case let other: throw ValueError("request", found: other ?? "", expected: "one that a master knows")
        }
    }

    /// Reads a line, with or without its newline.
    public init(parsing line: [UInt8]) throws(ValueError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: line)
        } catch {
            throw ValueError("request", error.description)
        }
        try self.init(document: document)
    }

    private static func object(_ request: String, _ members: [(String, JSONValue)] = []) -> JSONValue {
        .object(
            [JSONValue.Member(name: "request", value: .string(request))]
                + members.map { JSONValue.Member(name: $0.0, value: $0.1) })
    }

    private static func number(
        _ name: String, of document: JSONValue, in range: ClosedRange<Int>
    ) throws(ValueError) -> Int {
        guard let number = document[name]?.integer, let value = Int(exactly: number), range.contains(value) else {
            throw ValueError(name, "expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}

extension AdminRequest.Selection {
    fileprivate var document: JSONValue {
        switch self {
        case .all: .string("all")
        case .leases(let leases): .array(leases.map { .string($0.description) })
        }
    }

    fileprivate init(document: JSONValue?) throws(ValueError) {
        if document?.string == "all" {
            self = .all
            return
        }
        guard let elements = document?.array, !elements.isEmpty else {
            throw ValueError("leases", "expected \"all\" or an array of lease ids")
        }
        var leases: [LeaseID] = []
        for element in elements {
            leases.append(try LeaseID(parsing: element.string ?? ""))
        }
        self = .leases(leases)
    }
}
