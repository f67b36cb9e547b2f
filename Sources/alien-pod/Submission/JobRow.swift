import AliEnSite
import PoDCore

/// A job of a session, as a list shows it.
struct JobRow {
    let session: String
    let job: SessionJobs.Job
    /// `nil` where its backend can't be asked.
    let state: JobState?

    var document: JSONValue {
        let (name, reason) = self.stateText
        return .object(
            [
                .init(name: "session", value: .string(self.session)),
                .init(name: "backend", value: .string(self.job.backend)),
                .init(name: "id", value: .string(self.job.id)),
                .init(name: "kind", value: .string(self.job.kind.rawValue)),
                .init(name: "count", value: .integer(Int64(self.job.count))),
                .init(name: "state", value: .string(name)),
            ] + (reason.map { [.init(name: "reason", value: .string($0))] } ?? []))
    }

    private var stateText: (name: String, reason: String?) {
        switch self.state {
        case .waiting(let reason): ("waiting", reason)
        case .running: ("running", nil)
        case .ended(let reason): ("ended", reason)
        case nil: ("unknown", nil)
        }
    }

    /// A heading and a line for each.
    static func table(_ rows: [JobRow]) -> [String] {
        let cells = rows.map { row in
            let (name, reason) = row.stateText
            let kind = row.job.count > 1 ? "\(row.job.count) \(row.job.kind.rawValue)s" : row.job.kind.rawValue
            return [row.session, row.job.backend, row.job.id, kind, reason.map { "\(name): \($0)" } ?? name]
        }
        let all = [["session", "backend", "id", "job", "state"]] + cells
        let widths = (0..<4).map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return (padded + row.suffix(1)).joined(separator: "  ")
        }
    }
}
