import PoDCore

/// Workers as lines for people.
public struct WorkerTable: Sendable {
    public let lines: [String]

    /// - Parameter now: Seconds since 1970.
    public init(_ workers: [WorkerView], now: Int64) {
        let header = ["LEASE", "STATE", "SINCE", "HOST", "PID", "ROUTE", "LOAD", "MEMORY", "DAEMON", "RESTARTS"]
        let rows = [header] + workers.map { Self.row($0, now) }
        let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = ["\(workers.count) \(workers.count == 1 ? "worker" : "workers")\(Self.states(of: workers))"]
        if !workers.isEmpty {
            lines.append(Self.line(header, widths))
        }
        for (worker, row) in zip(workers, rows.dropFirst()) {
            lines.append(Self.line(row, widths))
            if let reason = worker.reason {
                lines.append("  \(PrintableText.line(reason))")
            }
            lines += worker.log.suffix(3).map { "    | \(PrintableText.line($0))" }
        }
        self.lines = lines + Self.mismatches(in: workers)
    }

    private static func row(_ worker: WorkerView, _ now: Int64) -> [String] {
        [
            worker.lease.description, worker.state.rawValue, PrintableText.span(seconds: now &- worker.since),
            PrintableText.line(worker.host), String(worker.processID),
            worker.isForwarded ? "forwarded" : "direct",
            worker.load.map { PrintableText.decimal($0) } ?? "-",
            worker.residentBytes.map { PrintableText.size($0) } ?? "-",
            worker.daemon.map { PrintableText.line($0) } ?? "-", String(worker.restarts),
        ]
    }

    private static func line(_ row: [String], _ widths: [Int]) -> String {
        let cells = zip(row, widths).dropLast().map {
            $0 + String(repeating: " ", count: max(0, $1 - $0.count))
        }
        return (cells + row.suffix(1)).joined(separator: "  ")
    }

    private static func states(of workers: [WorkerView]) -> String {
        let counts = WorkerView.State.allCases.compactMap { state in
            let count = workers.count { $0.state == state }
            return count > 0 ? "\(count) \(state.rawValue)" : nil
        }
        return counts.isEmpty ? "" : ": " + counts.joined(separator: ", ")
    }

    /// Versions that differ from worker to worker: the first thing to look at when an analysis fails on some.
    private static func mismatches(in workers: [WorkerView]) -> [String] {
        var counts: [String: [String: Int]] = [:]
        for worker in workers {
            for (name, version) in worker.versions {
                counts[name, default: [:]][version, default: 0] += 1
            }
        }
        return counts.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { name, versions in
            let shares = versions.sorted { $0.key < $1.key }.map { "\(PrintableText.line($0.key)) (\($0.value))" }
            return "workers differ in \(PrintableText.line(name)): \(shares.joined(separator: ", "))"
        }
    }
}
