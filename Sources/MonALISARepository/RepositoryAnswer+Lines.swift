extension RepositoryAnswer {
    /// `Farm/Cluster/Node/Parameter/Value/Timestamp`, a line each, with no escapes: a value may hold a `/`, names and
    /// times can't. Every line ends with a newline; one that doesn't was cut off.
    mutating func readPlain() {
        self.readLines(skipping: 0) { answer, number, line in
            let slashes = line.places(of: UInt8(ascii: "/"))
            guard slashes.count >= 5, let last = slashes.last else {
                return answer.skip(number, "expected Farm/Cluster/Node/Parameter/Value/Timestamp")
            }
            answer.add(number, answer.fields(of: line, cutAt: Array(slashes.prefix(4)) + [last], areQuoted: false))
        }
    }

    /// `#Farm|Cluster|Node|Parameter|Value|Timestamp`, then a line each, a field with a blank, `,` or `|` in quotation
    /// marks with `\|` for `|`.
    mutating func readCSV() throws(FormatProblem) {
        let heading = Array("#Farm|Cluster|Node|Parameter|Value|Timestamp\n".utf8)
        guard self.body.isEmpty || self.body.starts(with: heading) else {
            throw FormatProblem(text: "expected a CSV heading #Farm|Cluster|Node|Parameter|Value|Timestamp")
        }
        self.readLines(skipping: min(heading.count, self.body.count)) { answer, number, line in
            let bars = line.csvSeparators
            guard bars.count == 5 else {
                return answer.skip(number, "expected six fields, found \(bars.count &+ 1)")
            }
            answer.add(number, answer.fields(of: line, cutAt: bars, areQuoted: true))
        }
    }

    private mutating func readLines(
        skipping heading: Int, _ read: (inout Self, _ number: Int, _ line: AnswerLine) -> Void
    ) {
        let body = self.body
        body.span.bytes.withUnsafeBytes { bytes in
            var number = 0
            var start = heading
            while start < bytes.count {
                number &+= 1
                var end = start
                while end < bytes.count, bytes[end] != UInt8(ascii: "\n") {
                    end &+= 1
                }
                guard end < bytes.count else {
                    return self.skip(number, "the line is cut off")
                }
                read(&self, number, AnswerLine(bytes: bytes, start: start, end: end))
                start = end &+ 1
            }
        }
    }

    /// - Parameter cuts: Five places of separators.
    private mutating func fields(of line: AnswerLine, cutAt cuts: [Int], areQuoted: Bool) -> RowFields {
        var fields = RowFields()
        var begin = line.start
        for (column, end) in zip(RowFields.Column.allCases, cuts + [line.end]) {
            let field = self.field(begin, end &- begin)
            fields.take(areQuoted ? self.unquoted(field) : field, as: column)
            begin = end &+ 1
        }
        return fields
    }

    /// The service puts quotation marks only around a field with a blank, `,` or `|`; others stand for themselves.
    private mutating func unquoted(_ field: RepositoryRow.Field) -> RepositoryRow.Field {
        let text = self.withBytes(field) { bytes in bytes.withUnsafeBufferPointer { Array($0) } }
        let quote = UInt8(ascii: "\"")
        guard text.count >= 2, text.first == quote, text.last == quote,
            text.contains(where: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "|") })
        else {
            return field
        }
        return self.field { unescaped in
            var rest = text.dropFirst().dropLast()
            while let byte = rest.popFirst() {
                if byte != UInt8(ascii: "\\") || rest.first != UInt8(ascii: "|") {
                    unescaped.append(byte)
                }
            }
        }
    }
}

/// One line of an answer, without its newline.
private struct AnswerLine {
    let bytes: UnsafeRawBufferPointer
    let start: Int
    let end: Int

    func places(of byte: UInt8) -> [Int] {
        var places: [Int] = []
        var index = self.start
        while index < self.end {
            if self.bytes[index] == byte {
                places.append(index)
            }
            index &+= 1
        }
        return places
    }

    /// The bars between fields. In a field that begins with a quotation mark a bar after a backslash belongs to the
    /// text; in others no bar does.
    var csvSeparators: [Int] {
        var places: [Int] = []
        var begin = self.start
        for bar in self.places(of: UInt8(ascii: "|")) {
            let isInText =
                bar > begin && self.bytes[begin] == UInt8(ascii: "\"") && self.bytes[bar &- 1] == UInt8(ascii: "\\")
            if !isInText {
                places.append(bar)
                begin = bar &+ 1
            }
        }
        return places
    }
}
