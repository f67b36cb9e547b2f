import Glibc
import PoDCore

/// A picture of one run: leases and claims over time, and the share on a scale of its own.
public struct SimulationPlot {
    private static let width = 900.0
    private static let height = 420.0
    private static let left = 70.0
    private static let right = 70.0
    private static let top = 50.0
    private static let bottom = 50.0
    /// The least share that is drawn, as a power of ten.
    private static let leastPower = -7.0

    private let report: SimulationReport

    public init(_ report: SimulationReport) {
        self.report = report
    }

    /// The picture as an SVG document.
    public var svg: String {
        let samples = self.thinned
        let lastSecond = max(1, samples.last?.second ?? 1)
        let most = max(1, Double(samples.map { max($0.leases, $0.claims) }.max() ?? 1))
        let x = { (second: Double) in Self.left + second / lastSecond * (Self.width - Self.left - Self.right) }
        let y = { (part: Double) in Self.height - Self.bottom - part * (Self.height - Self.top - Self.bottom) }
        var lines = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
            font-family="sans-serif" font-size="12">
            """,
            "<title>\(self.title)</title>",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            Self.text(Self.title(self.report), x: Self.left, y: 22, anchor: "start", color: "black"),
        ]
        for step in 0...4 {
            let part = Double(step) / 4
            lines.append(Self.rule(y: y(part)))
            lines.append(
                Self.text(Self.number(most * part), x: Self.left - 8, y: y(part) + 4, anchor: "end", color: "black"))
            lines.append(
                Self.text(
                    Self.number(lastSecond * part) + " s", x: x(lastSecond * part), y: Self.height - 28,
                    anchor: "middle", color: "black"))
        }
        for power in stride(from: Self.leastPower, through: 0, by: 1) {
            lines.append(
                Self.text(
                    "1e\(Int(power))", x: Self.width - Self.right + 8, y: y(1 - power / Self.leastPower) + 4,
                    anchor: "start", color: Self.shareColor))
        }
        lines.append(Self.line(samples.map { (x($0.second), y(Double($0.claims) / most)) }, color: Self.claimColor))
        lines.append(Self.line(samples.map { (x($0.second), y(Double($0.leases) / most)) }, color: Self.leaseColor))
        for stretch in Self.stretches(samples) {
            lines.append(
                Self.line(
                    stretch.map { (x($0.second), y(1 - max(log10($0.share), Self.leastPower) / Self.leastPower)) },
                    color: Self.shareColor))
        }
        lines += Self.legend
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    private static let leaseColor = "#1b7837"
    private static let claimColor = "#c51b7d"
    private static let shareColor = "#2166ac"

    private var title: String { Self.title(self.report) }

    private static func title(_ report: SimulationReport) -> String {
        let settings = report.settings
        return "\(settings.agents) JobAgents, \(report.slots) slots, MonALISA \(self.number(settings.lag.inSeconds)) s "
            + "behind, seed \(settings.seed)"
    }

    private static var legend: [String] {
        let entries = [("leases", self.leaseColor), ("claims", self.claimColor), ("Share (right)", self.shareColor)]
        return entries.enumerated().flatMap { index, entry in
            let x = self.left + Double(index) * 110
            return [
                "<rect x=\"\(x)\" y=\"32\" width=\"14\" height=\"4\" fill=\"\(entry.1)\"/>",
                self.text(entry.0, x: x + 20, y: 38, anchor: "start", color: "black"),
            ]
        }
    }

    /// As many samples as the picture is wide.
    private var thinned: [SimulationReport.Sample] {
        let samples = self.report.samples
        let step = max(1, samples.count / Int(Self.width))
        return samples.enumerated().filter { $0.offset % step == 0 || $0.offset == samples.count - 1 }.map(\.element)
    }

    /// While nothing is advertised there is no share.
    private static func stretches(_ samples: [SimulationReport.Sample]) -> [[SimulationReport.Sample]] {
        samples.split { $0.share <= 0 }.map(Array.init)
    }

    private static func line(_ points: [(Double, Double)], color: String) -> String {
        let text = points.map { "\(self.number($0.0)),\(self.number($0.1))" }.joined(separator: " ")
        return "<polyline points=\"\(text)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.5\"/>"
    }

    private static func rule(y: Double) -> String {
        "<line x1=\"\(self.left)\" x2=\"\(self.width - self.right)\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"#ddd\"/>"
    }

    private static func text(_ text: String, x: Double, y: Double, anchor: String, color: String) -> String {
        "<text x=\"\(self.number(x))\" y=\"\(self.number(y))\" text-anchor=\"\(anchor)\" fill=\"\(color)\">"
            + "\(text)</text>"
    }

    /// With at most one decimal.
    private static func number(_ number: Double) -> String {
        let rounded = (number * 10).rounded() / 10
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
