import Foundation
import PoDSimulation

/// The runs of a simulation as a table for people, and what they say together.
struct SimulationTable {
    private let reports: [SimulationReport]
    /// Longer tables say less.
    private static let mostRows = 20

    init(_ reports: [SimulationReport]) {
        self.reports = reports
    }

    var text: String {
        let header = [
            "seed", "slots", "leased", "over", "claims", "claims/slot", "leased after", "registered after", "requests",
            "peak/s", "datagrams", "broken",
        ]
        let rows = self.reports.prefix(Self.mostRows).map { report in
            [
                "\(report.settings.seed)", "\(report.slots)", "\(report.leasedMax)", "\(report.overLeased)",
                "\(report.claims)", Self.number(report.claimsPerSlot), Self.seconds(report.timeToAllLeased),
                Self.seconds(report.timeToAllRegistered), "\(report.repositoryRequests)", "\(report.peakRequests)",
                "\(report.datagrams)", "\(report.violations.count)",
            ]
        }
        var lines = Self.table([header] + rows)
        if self.reports.count > Self.mostRows {
            lines.append("… \(self.reports.count - Self.mostRows) more")
        }
        if self.reports.count > 1 {
            lines += self.summary
        }
        return lines.joined(separator: "\n")
    }

    private var summary: [String] {
        let summary = SimulationSummary(self.reports)
        return [
            "",
            "\(summary.runs) runs, mean (worst): claims/slot \(Self.text(summary.claimsPerSlot)), "
                + "all leased after \(Self.text(summary.timeToAllLeased)) s in \(summary.timeToAllLeased?.count ?? 0) "
                + "runs, all registered after \(Self.text(summary.timeToAllRegistered)) s, "
                + "\(Self.text(summary.requestRate)) requests a second, \(Self.text(summary.datagrams)) datagrams",
            "leases too many: \(summary.overLeased); properties broken: \(summary.violations)",
        ]
    }

    private static func table(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        }
    }

    private static func text(_ spread: SimulationSummary.Spread?) -> String {
        spread.map { "\(self.number($0.mean)) (\(self.number($0.most)))" } ?? "-"
    }

    private static func seconds(_ duration: Duration?) -> String {
        duration.map { String(format: "%.1f s", $0 / .seconds(1)) } ?? "-"
    }

    private static func number(_ number: Double) -> String {
        String(format: number < 100 ? "%.2f" : "%.0f", number)
    }
}
