/// The last part of a request: which values to show, by the value.
///
/// A list separated by `,` or `;`. An item is a number, a range `A:B`, or a text to search for; `!` before it negates.
/// Follows `ConditionVerifier` of MonALISA; what a text may hold beyond plain characters is ``TextPattern``'s.
package struct RestCondition: Hashable, Sendable {
    /// How many items there may be; ours.
    package static let longestList = 100

    private enum Item: Hashable {
        case blank
        case value(TextPattern, ClosedRange<Double>?)
    }

    private var positive: [Item] = []
    private var negative: [Item] = []

    /// - Throws: ``Problem`` for more, or longer, items than we care to compare.
    package init(_ text: String) throws(Problem) {
        let items = text.split { $0 == "," || $0 == ";" }.map(Self.trimmed).filter { !$0.isEmpty }
        guard items.count <= Self.longestList else { throw .tooManyItems }
        for item in items {
            switch item {
            case "!":
                self.positive.append(.blank)
            case "*":
                self.negative.append(.blank)
            case _ where item.hasPrefix("!"):
                self.negative.append(try Self.item(Self.trimmed(item.dropFirst())))
            default:
                self.positive.append(try Self.item(item))
            }
        }
    }

    package enum Problem: Error, Hashable, Sendable {
        case tooManyItems
        case itemTooLong
    }

    /// Whether a value is to be shown: it meets one item at least, if there are any, and none of the negated ones.
    package func holds(for value: SeriesValue) -> Bool {
        (self.positive.isEmpty || self.positive.contains { Self.meets($0, value) })
            && !self.negative.contains { Self.meets($0, value) }
    }

    private static func meets(_ item: Item, _ value: SeriesValue) -> Bool {
        switch (item, value) {
        case (.blank, .number): false
        case (.blank, .string(let text)): self.trimmed(text[...]).isEmpty
        case (.value(_, let range), .number(let number)): range?.contains(number) == true
        case (.value(let pattern, let range), .string(let text)):
            pattern.isFound(in: text)
                || self.number(self.trimmed(text[...])).map { range?.contains($0) == true } == true
        }
    }

    private static func item(_ text: Substring) throws(Problem) -> Item {
        guard let pattern = TextPattern(String(text)) else { throw .itemTooLong }
        let low = text.prefix { $0 != ":" }
        let isRange = low.endIndex != text.endIndex
        let from = self.number(self.trimmed(low))
        let to = isRange ? self.number(self.trimmed(text[low.endIndex...].dropFirst())) : from
        guard from != nil || to != nil else { return .value(pattern, nil) }
        let ends = (from ?? -.infinity, to ?? .infinity)
        return .value(pattern, min(ends.0, ends.1)...max(ends.0, ends.1))
    }

    /// A decimal number, with an exponent or without; `nil` for anything else, "NaN" and "Infinity" among it.
    private static func number(_ text: Substring) -> Double? {
        let isDecimal = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte)
        }
        return isDecimal ? Double(text) : nil
    }

    /// Without blanks and control characters at both ends: what Java calls trimming.
    private static func trimmed(_ text: Substring) -> Substring {
        var rest = text.unicodeScalars
        while let first = rest.first, first.value <= 0x20 {
            rest.removeFirst()
        }
        while let last = rest.last, last.value <= 0x20 {
            rest.removeLast()
        }
        return Substring(rest)
    }
}
