/// Which of the known names somebody who mistyped one may have meant.
public enum NearestName {
    /// The name that the fewest insertions, deletions and replacements of letters lead to, without regard to case; the
    /// first of equals, `nil` where there are no names.
    public static func of(_ text: String, among names: [String]) -> String? {
        let typed = Array(text.lowercased().utf8.prefix(80))
        var best: (name: String, distance: Int)?
        for name in names {
            let distance = self.distance(typed, Array(name.lowercased().utf8.prefix(80)))
            if best.map({ distance < $0.distance }) ?? true {
                best = (name, distance)
            }
        }
        return best?.name
    }

    /// The Levenshtein distance, row by row.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row: [Int] = Array(0...right.count)
        var line = 0
        for byte in left {
            line &+= 1
            var next = [line]
            next.reserveCapacity(row.count)
            var last = line
            for ((above, aboveNext), other) in zip(zip(row, row.dropFirst()), right) {
                last = min(min(last, aboveNext) &+ 1, above &+ (byte == other ? 0 : 1))
                next.append(last)
            }
            row = next
        }
        return row.last ?? 0
    }
}
