import Foundation

/// What the viewer of the demo sees: each step with the time it took, and a table at the end.
actor DemoScreen {
    private struct Step {
        let title: String
        let seconds: Double
    }

    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var stepStart: ContinuousClock.Instant
    private var steps: [Step] = []

    init() {
        self.start = self.clock.now
        self.stepStart = self.start
    }

    /// A line of what goes on.
    func note(_ text: String) {
        Self.put("         \(text)")
    }

    /// A step is done: one line, with the seconds since the step before.
    func done(_ title: String, _ detail: String = "") {
        let now = self.clock.now
        let seconds = (now - self.stepStart) / .seconds(1)
        self.stepStart = now
        self.steps.append(Step(title: title, seconds: seconds))
        Self.put("[\(Self.text((now - self.start) / .seconds(1)))] \(title)" + (detail.isEmpty ? "" : ": \(detail)"))
    }

    func draw(_ lines: [String]) {
        for line in lines {
            Self.put(line)
        }
    }

    /// The table of all steps.
    func summary() {
        let width = self.steps.map(\.title.count).max() ?? 0
        Self.put("")
        Self.put("step".padding(toLength: width, withPad: " ", startingAt: 0) + "  seconds")
        for step in self.steps {
            let title = step.title.padding(toLength: width, withPad: " ", startingAt: 0)
            Self.put("\(title)  \(Self.text(step.seconds))")
        }
        let total = "total".padding(toLength: width, withPad: " ", startingAt: 0)
        Self.put("\(total)  \(Self.text((self.clock.now - self.start) / .seconds(1)))")
    }

    /// Seconds with two decimals, in seven columns.
    private static func text(_ seconds: Double) -> String {
        let text = String(format: "%.2f", seconds)
        return String(repeating: " ", count: max(0, 7 - text.count)) + text
    }

    private static func put(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
