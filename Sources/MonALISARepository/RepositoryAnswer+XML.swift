extension RepositoryAnswer {
    /// `<results …>`, rows `<result Farm="…" … Timestamp="…"/>`, `</results>`; four entities. Framed: a cut body is
    /// refused as a whole.
    ///
    /// Control characters stand in the service's values as they are, which no XML parser takes: so it is read as the
    /// text that the service writes.
    mutating func readXML() throws(FormatProblem) {
        let body = self.body
        try body.span.bytes.withUnsafeBytes { (bytes) throws(FormatProblem) in
            var cursor = XMLCursor(bytes: bytes)
            guard cursor.skip("<results"), cursor.skip(through: UInt8(ascii: ">")) else {
                throw FormatProblem(text: "expected XML with <results>")
            }
            var number = 0
            while cursor.skip(upTo: UInt8(ascii: "<")) {
                if cursor.skip("</results>") {
                    return
                }
                let start = cursor
                guard cursor.skip(through: UInt8(ascii: ">")) else { break }
                number &+= 1
                self.readElement(number, start.until(cursor))
            }
            throw FormatProblem(text: "XML, byte \(bytes.count): the text has no end")
        }
    }

    private mutating func readElement(_ number: Int, _ element: XMLCursor) {
        var cursor = element
        guard cursor.skip("<result") else {
            return self.skip(number, "expected <result …/>")
        }
        var fields = RowFields()
        while cursor.skip(" ") {
            let name = cursor
            guard cursor.skip(upTo: UInt8(ascii: "=")) else { break }
            let column = RowFields.Column(name.until(cursor).rest)
            guard cursor.skip("=\"") else { break }
            let value = cursor
            guard cursor.skip(upTo: UInt8(ascii: "\"")) else { break }
            if let column {
                fields.take(self.field(value.until(cursor)), as: column)
            }
            _ = cursor.skip("\"")
        }
        guard cursor.skip("/>") else {
            return self.skip(number, "expected <result …/>")
        }
        self.add(number, fields)
    }

    private mutating func field(_ value: XMLCursor) -> RepositoryRow.Field {
        guard value.rest.contains(UInt8(ascii: "&")) else {
            return self.field(value.offset, value.rest.count)
        }
        var value = value
        return self.field { text in
            while let byte = value.rest.first {
                if value.skip("&amp;") {
                    text.append(UInt8(ascii: "&"))
                } else if value.skip("&lt;") {
                    text.append(UInt8(ascii: "<"))
                } else if value.skip("&gt;") {
                    text.append(UInt8(ascii: ">"))
                } else if value.skip("&quot;") {
                    text.append(UInt8(ascii: "\""))
                } else {
                    text.append(byte)
                    value.offset &+= 1
                }
            }
        }
    }
}

/// A place in a text that is read forwards.
private struct XMLCursor {
    let bytes: UnsafeRawBufferPointer
    /// At most the number of bytes.
    var offset = 0

    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self.bytes[self.offset...]) }

    /// The same text, ended where `other` stands.
    func until(_ other: XMLCursor) -> XMLCursor {
        XMLCursor(bytes: UnsafeRawBufferPointer(rebasing: self.bytes[..<other.offset]), offset: self.offset)
    }

    /// - Returns: Whether `text` stood here.
    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        let rest = self.rest
        guard rest.count >= count, isEqual(UnsafeRawBufferPointer(rebasing: rest[..<count]), text) else { return false }
        self.offset &+= count
        return true
    }

    /// - Returns: Whether there is such a byte; if not, nothing is skipped.
    mutating func skip(upTo byte: UInt8) -> Bool {
        var index = self.offset
        while index < self.bytes.count {
            if self.bytes[index] == byte {
                self.offset = index
                return true
            }
            index &+= 1
        }
        return false
    }

    mutating func skip(through byte: UInt8) -> Bool {
        guard self.skip(upTo: byte) else { return false }
        self.offset &+= 1
        return true
    }
}
