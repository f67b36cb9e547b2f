/// A text to search for in values: a small part of the regular expressions that MonALISA takes there.
///
/// `^` at the start and `$` at the end tie it to the value's ends, `.` is any character but a line's end, `*`, `+` and
/// `?` repeat the character before them, `\` takes the next one literally. Everything else means itself: no groups,
/// classes or alternatives. So nothing is invalid, and the time to search grows with the lengths, never beyond.
package struct TextPattern: Hashable, Sendable {
    /// The longest pattern, in characters.
    package static let longest = 256

    private struct Step: Hashable {
        /// `nil` for any.
        var scalar: Unicode.Scalar?
        var isOptional = false
        var isRepeated = false

        func accepts(_ scalar: Unicode.Scalar) -> Bool {
            self.scalar.map { $0 == scalar } ?? (scalar != "\n" && scalar != "\r")
        }
    }

    private var steps: [Step] = []
    private var isTiedToStart = false
    private var isTiedToEnd = false

    /// - Returns: `nil` when the text is longer than ``longest``.
    package init?(_ text: String) {
        var rest = text.unicodeScalars[...]
        guard rest.count <= Self.longest else { return nil }
        if rest.first == "^" {
            self.isTiedToStart = true
            rest.removeFirst()
        }
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\\": self.steps.append(Step(scalar: rest.popFirst() ?? scalar))
            case ".": self.steps.append(Step(scalar: nil))
            case "$" where rest.isEmpty: self.isTiedToEnd = true
            case "*" where !self.steps.isEmpty: self.repeatLast(isOptional: true, isRepeated: true)
            case "+" where !self.steps.isEmpty: self.repeatLast(isOptional: false, isRepeated: true)
            case "?" where !self.steps.isEmpty: self.repeatLast(isOptional: true, isRepeated: false)
            default: self.steps.append(Step(scalar: scalar))
            }
        }
    }

    private mutating func repeatLast(isOptional: Bool, isRepeated: Bool) {
        let last = self.steps.index(before: self.steps.endIndex)
        self.steps[last].isOptional = self.steps[last].isOptional || isOptional
        self.steps[last].isRepeated = self.steps[last].isRepeated || isRepeated
    }

    /// Follows all ways through the steps at once.
    package func isFound(in text: String) -> Bool {
        var reached = [Bool](repeating: false, count: self.steps.count + 1)
        var next = reached
        self.reach(0, in: &reached)
        for scalar in text.unicodeScalars {
            if reached[self.steps.count], !self.isTiedToEnd {
                return true
            }
            for index in next.indices {
                next[index] = false
            }
            for (index, step) in self.steps.enumerated() where reached[index] && step.accepts(scalar) {
                self.reach(index + 1, in: &next)
                if step.isRepeated {
                    self.reach(index, in: &next)
                }
            }
            if !self.isTiedToStart {
                self.reach(0, in: &next)
            }
            swap(&reached, &next)
        }
        return reached[self.steps.count]
    }

    /// Marks a place before a step, and those behind the steps that may be left out there.
    private func reach(_ start: Int, in places: inout [Bool]) {
        var index = start
        while !places[index] {
            places[index] = true
            guard index < self.steps.count, self.steps[index].isOptional else { return }
            index += 1
        }
    }
}
