extension RepositoryAnswer {
    /// `Farm/Cluster/Node/Parameter/Value/Timestamp`, a line each, with no escapes: a value may hold a `/`, names and
    /// times can't. Every line ends with a newline; one that doesn't was cut off.
    mutating func readPlain() {
        self.readLines { answer, number, start, end in
            let slashes = answer.places(of: UInt8(ascii: "/"), from: start, to: end)
            guard slashes.count >= 5, let last = slashes.last else {
                return answer.skip(number, "expected Farm/Cluster/Node/Parameter/Value/Timestamp")
            }
            let cuts = Array(slashes.prefix(4)) + [last]
            answer.add(number, answer.fields(cuts, from: start, to: end))
        }
    }

    /// `#Farm|Cluster|Node|Parameter|Value|Timestamp`, then a line each, a field with a blank, `,` or `|` in quotation
    /// marks with `\|` for `|`.
    mutating func readCSV() throws(FormatProblem) {
        let heading = Array("#Farm|Cluster|Node|Parameter|Value|Timestamp\n".utf8)
        guard self.body.isEmpty || self.body.starts(with: heading) else {
            throw FormatProblem(text: "expected a CSV heading #Farm|Cluster|Node|Parameter|Value|Timestamp")
        }
        self.readLines { answer, number, start, end in
            guard number > 1 else { return }
            let row = number &- 1
            let cuts = answer.places(of: UInt8(ascii: "|"), from: start, to: end, unescaped: true)
            guard cuts.count == 5 else {
                return answer.skip(row, "expected six fields, found \(cuts.count &+ 1)")
            }
            answer.add(row, answer.fields(cuts, from: start, to: end).map { answer.unquoted($0) })
        }
    }

    private mutating func readLines(_ read: (inout Self, _ number: Int, _ start: Int, _ end: Int) -> Void) {
        var number = 0
        var start = 0
        while start < self.body.count {
            number &+= 1
            let rest = self.body[start...]
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                return self.skip(number, "the line is cut off")
            }
            read(&self, number, start, end)
            start = end &+ 1
        }
    }

    private func places(of byte: UInt8, from start: Int, to end: Int, unescaped: Bool = false) -> [Int] {
        var places: [Int] = []
        var previous: UInt8 = 0
        let line = self.body.span.extracting(droppingFirst: start).extracting(first: end &- start)
        for index in line.indices {
            let current = line[index]
            if current == byte, !unescaped || previous != UInt8(ascii: "\\") {
                places.append(start &+ index)
            }
            previous = current
        }
        return places
    }

    private func fields(_ cuts: [Int], from start: Int, to end: Int) -> [RepositoryRow.Field?] {
        var fields: [RepositoryRow.Field?] = []
        var begin = start
        for cut in cuts + [end] {
            fields.append(self.field(begin, cut &- begin))
            begin = cut &+ 1
        }
        return fields
    }

    private mutating func unquoted(_ field: RepositoryRow.Field?) -> RepositoryRow.Field? {
        guard let field else { return nil }
        let text = self.text(field)
        guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return field }
        let inner = Array(text.utf8.dropFirst().dropLast())
        return self.field { unescaped in
            for (index, byte) in inner.enumerated() {
                let next = inner.dropFirst(index &+ 1).first
                if byte != UInt8(ascii: "\\") || next != UInt8(ascii: "|") {
                    unescaped.append(byte)
                }
            }
        }
    }
}
