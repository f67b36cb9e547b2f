import PoDCore

/// What one check of `alien-pod doctor` found.
struct Finding: Sendable {
    enum Outcome: Hashable, Sendable {
        case ok
        case skipped
        case failed(ExitStatus)

        var word: String {
            switch self {
            case .ok: "ok"
            case .skipped: "skipped"
            case .failed: "failed"
            }
        }
    }

    let outcome: Outcome
    /// What was seen, in one line.
    let text: String
    /// What to do about it, a line each.
    var advice: [String] = []
    /// For programs, beside the text.
    var values: [JSONValue.Member] = []

    static func ok(_ text: String, advice: [String] = [], values: [JSONValue.Member] = []) -> Finding {
        Finding(outcome: .ok, text: text, advice: advice, values: values)
    }

    static func skipped(_ text: String, advice: [String] = []) -> Finding {
        Finding(outcome: .skipped, text: text, advice: advice)
    }

    static func failed(_ status: ExitStatus, _ text: String, advice: [String] = []) -> Finding {
        Finding(outcome: .failed(status), text: text, advice: advice)
    }
}
