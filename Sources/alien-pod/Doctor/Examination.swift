import PoDCore

/// One look at this machine or at what it talks to. It changes nothing, and finds out even where everything is broken.
protocol Check {
    /// As it stands before the finding.
    var name: String { get }

    func run() async -> Finding
}

/// The findings of `alien-pod doctor`, in the order of the checks.
struct Examination {
    private(set) var findings: [(name: String, finding: Finding)] = []

    mutating func record(_ name: String, _ finding: Finding) {
        self.findings.append((name, finding))
    }

    /// The status of the first failure.
    var status: ExitStatus? {
        for (_, finding) in self.findings {
            if case .failed(let status) = finding.outcome {
                return status
            }
        }
        return nil
    }

    /// `{"ok":…,"checks":[{"name":…,"outcome":"ok|skipped|failed","text":…,"advice":[…],…},…]}`, each failed one with
    /// the `status` that its failure would end with.
    var document: JSONValue {
        let checks = self.findings.map { name, finding in
            var members = [
                JSONValue.Member(name: "name", value: .string(name)),
                JSONValue.Member(name: "outcome", value: .string(finding.outcome.word)),
                JSONValue.Member(name: "text", value: .string(finding.text)),
                JSONValue.Member(name: "advice", value: .array(finding.advice.map { .string($0) })),
            ]
            if case .failed(let status) = finding.outcome {
                members.append(JSONValue.Member(name: "status", value: .integer(Int64(status.rawValue))))
            }
            return JSONValue.object(members + finding.values)
        }
        return .object([
            JSONValue.Member(name: "ok", value: .bool(self.status == nil)),
            JSONValue.Member(name: "checks", value: .array(checks)),
        ])
    }

    /// The last finding for people: a line, and below it what to do.
    var lastLines: [String] {
        guard let (name, finding) = self.findings.last else { return [] }
        let outcome = finding.outcome.word.padded(to: 7)
        let indent = String(repeating: " ", count: 22)
        return ["\(outcome)  \(name.padded(to: 11))  \(finding.text)"] + finding.advice.map { indent + $0 }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - self.count))
    }
}
