public import PoDCore

/// What the master answers: `{"result":{…}}`, or `{"error":{"code":69,"reason":"…"}}` with a code of `sysexits.h`.
public enum AdminAnswer: Hashable, Sendable {
    /// Done; the result is a JSON object.
    case done(JSONValue)
    /// Not done, and why, in one line.
    case failed(ExitStatus, reason: String)
}

extension AdminAnswer {
    /// The longest line of an answer, in bytes: 10,000 workers with long log lines.
    public static let longestLine = 64 << 20

    /// ``AdminRequest/status``.
    public static func session(_ view: SessionView) -> AdminAnswer { .done(view.document) }

    /// ``AdminRequest/list``.
    public static func workers(_ workers: [WorkerView]) -> AdminAnswer {
        .done(.object([.init(name: "workers", value: .array(workers.map(\.document)))]))
    }

    /// ``AdminRequest/want(_:)``: who was told to leave.
    public static func wanted(_ workers: Int, leaving: [LeaseID]) -> AdminAnswer {
        .done(
            .object([.init(name: "wanted", value: .integer(Int64(workers))), self.leases("leaving", leaving)]))
    }

    /// ``AdminRequest/drain(_:)``, ``AdminRequest/stop(_:)`` and ``AdminRequest/restart(_:)``: who was told, and which
    /// of those asked for the master does not know.
    public static func told(_ told: [LeaseID], unknown: [LeaseID] = []) -> AdminAnswer {
        .done(.object([self.leases("told", told), self.leases("unknown", unknown)]))
    }

    /// ``AdminRequest/logs(_:lines:)``.
    public static func log(_ lease: LeaseID, lines: [String]) -> AdminAnswer {
        .done(
            .object([
                .init(name: "lease", value: .string(lease.description)),
                .init(name: "lines", value: .array(lines.map { .string($0) })),
            ]))
    }

    private static func leases(_ name: String, _ leases: [LeaseID]) -> JSONValue.Member {
        .init(name: name, value: .array(leases.map { .string($0.description) }))
    }

    /// The JSON object.
    public var document: JSONValue {
        switch self {
        case .done(let result): .object([.init(name: "result", value: result)])
        case .failed(let status, let reason):
            .object([
                .init(
                    name: "error",
                    value: .object([
                        .init(name: "code", value: .integer(Int64(status.rawValue))),
                        .init(name: "reason", value: .string(reason)),
                    ]))
            ])
        }
    }

    /// Reads a JSON object. A code that is not known is taken for ``ExitStatus/unavailable``.
    ///
    /// - Throws: ``ValueError`` when it is no answer.
    public init(document: JSONValue) throws(ValueError) {
        if let error = document["error"], let reason = error["reason"]?.string {
            let status = ExitStatus(rawValue: Int32(clamping: error["code"]?.integer ?? 0))
            self = .failed(status ?? .unavailable, reason: reason)
        } else if let result = document["result"], result.members != nil {
            self = .done(result)
        } else {
            throw ValueError("answer", "expected result or error")
        }
    }
}
