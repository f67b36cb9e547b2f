/// The part of a body that the header field `Range` asks for, as `ServletExtension.writeResponse` reads it: not all of
/// it is what RFC 9110 says.
///
/// `-5` gives the last **six** bytes, and several ranges are put one behind the other under a `Content-Range` that
/// spans them all.
package struct ByteRanges: Hashable, Sendable {
    /// How many ranges there may be; ours.
    package static let longestList = 16

    package enum Problem: Error, Hashable, Sendable {
        /// Another unit, a start beyond the end, or nothing asked for: status 416.
        case notSatisfiable
        /// Not a number, on which the real service fails: status 500.
        case notNumber
    }

    package let ranges: [Range<Int>]
    package let bodyLength: Int

    package init(_ header: String, bodyLength: Int) throws(Problem) {
        let unit = "bytes="
        guard header.hasPrefix(unit) else { throw .notSatisfiable }
        let items = header.dropFirst(unit.count).split(separator: ",")
        guard !items.isEmpty, items.count <= Self.longestList else { throw .notSatisfiable }
        var ranges: [Range<Int>] = []
        for item in items {
            ranges.append(try Self.range(item, bodyLength: bodyLength))
        }
        self.ranges = ranges
        self.bodyLength = bodyLength
    }

    /// The value of `Content-Range`.
    package var contentRange: String {
        let first = self.ranges.map(\.lowerBound).min() ?? 0
        let end = self.ranges.map(\.upperBound).max() ?? 0
        return "bytes \(first)-\(end - 1)/\(self.bodyLength)"
    }

    /// The bytes asked for.
    ///
    /// - Parameter body: As long as ``bodyLength``.
    package func part(of body: [UInt8]) -> [UInt8] {
        self.ranges.flatMap { body[$0] }
    }

    private static func range(_ item: Substring, bodyLength: Int) throws(Problem) -> Range<Int> {
        let start = item.prefix { $0 != "-" }
        let last: Int
        let first: Int
        if start.isEmpty || start.endIndex == item.endIndex {
            last = bodyLength - 1
            first = max(0, last - (try Self.number(start.isEmpty ? item.dropFirst() : item)))
        } else {
            first = try Self.number(start)
            let end = item[start.endIndex...].dropFirst()
            last = end.isEmpty ? bodyLength - 1 : min(try Self.number(end), bodyLength - 1)
        }
        guard first >= 0, first <= last else { throw .notSatisfiable }
        return first..<(last + 1)
    }

    private static func number(_ text: Substring) throws(Problem) -> Int {
        guard let number = Int32(text) else { throw .notNumber }
        return Int(number)
    }
}
