/// Bytes of a daemon's output to lines, whatever it prints: a line without end is cut where it becomes too long, so that
/// no more than one line is ever kept.
package struct BoundedLines: Sendable {
    private let longest: Int
    private var line: [UInt8] = []
    /// The rest of a line that was cut is left out.
    private var isCut = false

    /// - Parameter longest: Of a line, in bytes.
    package init(longest: Int = 16 << 10) {
        self.longest = longest
    }

    /// Takes the next bytes.
    ///
    /// - Returns: The lines that they complete, without their ends. A line that is too long comes cut, with `…`, as soon
    ///   as it is.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) -> [String] {
        var lines: [String] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            if !self.isCut {
                self.line += rest[..<(end ?? rest.endIndex)].prefix(self.longest + 1 - self.line.count)
                if self.line.count > self.longest {
                    lines.append(self.take(self.longest) + "…")
                    self.isCut = true
                }
            }
            guard let end else { break }
            if !self.isCut {
                lines.append(self.take(self.line.count))
            }
            self.isCut = false
            rest = rest[(end + 1)...]
        }
        return lines
    }

    /// The last line, where it has no end; `nil` when there is none.
    package mutating func finish() -> String? {
        self.line.isEmpty ? nil : self.take(self.line.count)
    }

    private mutating func take(_ count: Int) -> String {
        defer { self.line.removeAll(keepingCapacity: true) }
        return String(decoding: self.line.prefix(count), as: UTF8.self)
    }
}
