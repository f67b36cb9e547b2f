extension RepositoryAnswer {
    /// `<results …>`, rows `<result Farm="…" … Timestamp="…"/>`, `</results>`; four entities. Framed: a cut body is
    /// refused as a whole.
    ///
    /// Control characters stand in the service's values as they are, which no XML parser takes: so it is read as the
    /// text that the service writes.
    mutating func readXML() throws(FormatProblem) {
        let body = self.body
        guard body.starts(with: Array("<results".utf8)) else {
            throw FormatProblem(text: "expected XML with <results>")
        }
        var cursor = body.firstIndex(of: UInt8(ascii: ">")) ?? body.count
        var number = 0
        while true {
            guard let start = body.dropFirst(cursor).firstIndex(of: UInt8(ascii: "<")) else {
                throw FormatProblem(text: "XML, byte \(body.count): the text has no end")
            }
            let tag = body[start...]
            if tag.starts(with: Array("</results>".utf8)) {
                return
            }
            guard let end = tag.firstIndex(of: UInt8(ascii: ">")) else {
                throw FormatProblem(text: "XML, byte \(body.count): the text has no end")
            }
            number &+= 1
            if tag.starts(with: Array("<result ".utf8)) {
                self.addElement(number, from: start, to: end)
            } else {
                self.skip(number, "expected <result …/>")
            }
            cursor = end
        }
    }

    private mutating func addElement(_ number: Int, from start: Int, to end: Int) {
        let names = ["Farm", "Cluster", "Node", "Parameter", "Value", "Timestamp"]
        let element = self.body[start..<end]
        self.add(number, names.map { self.attribute($0, of: element) })
    }

    private mutating func attribute(_ name: String, of element: ArraySlice<UInt8>) -> RepositoryRow.Field? {
        let opening = Array(" \(name)=\"".utf8)
        var rest = element
        while !rest.isEmpty, !rest.starts(with: opening) {
            // An attribute's value can't hold a quotation mark: it begins and ends where one stands.
            rest = rest.dropFirst()
        }
        let value = rest.dropFirst(opening.count).prefix { $0 != UInt8(ascii: "\"") }
        guard !rest.isEmpty, value.endIndex < element.endIndex else { return nil }
        guard value.contains(UInt8(ascii: "&")) else {
            return self.field(value.startIndex, value.count)
        }
        return self.field { Self.unescape(value, into: &$0) }
    }

    private static func unescape(_ value: ArraySlice<UInt8>, into text: inout [UInt8]) {
        let entities: [(name: [UInt8], byte: UInt8)] = [
            (Array("&amp;".utf8), UInt8(ascii: "&")), (Array("&lt;".utf8), UInt8(ascii: "<")),
            (Array("&gt;".utf8), UInt8(ascii: ">")), (Array("&quot;".utf8), UInt8(ascii: "\"")),
        ]
        var rest = value
        while let byte = rest.first {
            let entity = byte == UInt8(ascii: "&") ? entities.first { rest.starts(with: $0.name) } : nil
            text.append(entity?.byte ?? byte)
            rest = rest.dropFirst(entity?.name.count ?? 1)
        }
    }
}
