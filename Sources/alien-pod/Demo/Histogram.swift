/// A histogram with equal bins, drawn with block characters.
struct Histogram: Equatable {
    let low: Double
    let high: Double
    let counts: [Int]

    var entries: Int { self.counts.reduce(0, +) }

    /// - Parameter rows: Height in lines; each line has eight levels.
    /// - Returns: The lines, the axis last.
    func drawn(rows: Int) -> [String] {
        let blocks: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        let highest = max(self.counts.max() ?? 0, 1)
        var lines = (0..<rows).reversed().map { row in
            "  │" + String(self.counts.map { blocks[min(8, max(0, $0 * rows * 8 / highest - row * 8))] })
        }
        lines.append("  └" + String(repeating: "─", count: self.counts.count))
        let lowText = Self.axisText(self.low)
        let highText = Self.axisText(self.high)
        let gap = max(1, self.counts.count - lowText.count - highText.count)
        lines.append("   " + lowText + String(repeating: " ", count: gap) + highText + "  GeV")
        return lines
    }

    private static func axisText(_ value: Double) -> String {
        String((value * 10).rounded() / 10)
    }
}
