public import PoDCore

/// A session's state as lines for people and as JSON for programs, from what the master answers, or from the last
/// status file of one that is gone.
public struct SessionReport: Sendable {
    /// Why there is no answer; `nil` when the master answered.
    private let problem: String?
    private let isAlive: Bool
    private let view: JSONValue?

    /// - Parameters:
    ///   - view: The document of ``SessionView``, or of the status file; `nil` when there is none.
    ///   - isAlive: Whether the master runs.
    ///   - problem: Why it is gone, or why it did not answer.
    public init(_ view: JSONValue?, isAlive: Bool, problem: String?) {
        self.view = view
        self.isAlive = isAlive
        self.problem = problem
    }

    /// `{"alive":…,"problem":…,"session":{…}}`.
    public var document: JSONValue {
        .object([
            .init(name: "alive", value: .bool(self.isAlive)),
            .init(name: "problem", value: self.problem.map { .string($0) } ?? .null),
            .init(name: "session", value: self.view ?? .null),
        ])
    }

    /// - Parameter now: Seconds since 1970.
    public func lines(now: Int64) -> [String] {
        var lines: [String] = []
        if let problem {
            lines.append("\(self.isAlive ? "the master does not answer" : "the master is gone"): \(problem)")
        }
        guard let view else { return lines }
        let was = self.isAlive ? "" : "was "
        let phase = view["phase"]?.string ?? "in an unknown phase"
        let startedAt = self.isAlive ? view["startedAt"]?.integer : nil
        let since = startedAt.map { ", up \(PrintableText.span(seconds: now &- $0))" } ?? ""
        lines.append("master \(Self.text(view["masterJobId"])) \(was)\(PrintableText.line(phase))\(since)")
        let workers = view["workers"]
        let counts = ["registered", "leased", "wanted"].map { "\(workers?[$0]?.integer ?? 0) \($0)" }
        lines.append("workers: \(counts.joined(separator: ", "))")
        for detail in view["details"]?.members ?? [] {
            lines.append("\(PrintableText.line(detail.name)): \(Self.text(detail.value))")
        }
        for problem in view["problems"]?.array ?? [] {
            let ago = PrintableText.span(seconds: now &- (problem["at"]?.integer ?? now))
            let who =
                problem["lease"].map { lease in
                    let host = Self.text(problem["host"])
                    return "worker \(Self.text(lease))" + (host.isEmpty ? "" : " on \(host)")
                } ?? "the master"
            lines.append("\(ago) ago, \(who): \(Self.text(problem["reason"]))")
            lines += (problem["log"]?.array ?? []).suffix(5).map { "    | \(Self.text($0))" }
        }
        return lines
    }

    private static func text(_ value: JSONValue?) -> String {
        PrintableText.line(value?.string ?? "unknown")
    }
}
