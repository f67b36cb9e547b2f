import PoDCore

extension RepositoryAnswer {
    /// `{"results":[{"Farm":"…",…},…]}`, every value a string. Framed: a cut body is refused as a whole.
    mutating func readJSON() throws(FormatProblem) {
        let body = self.body
        do throws(JSONError) {
            try body.span.bytes.withUnsafeBytes { (bytes) throws(JSONError) in
                var reader = JSONReader(bytes)
                try self.readResults(&reader)
            }
        } catch {
            throw FormatProblem(text: error.description)
        }
    }

    private mutating func readResults(_ reader: inout JSONReader) throws(JSONError) {
        var hasResults = false
        try reader.beginObject()
        while let name = try reader.nextName() {
            guard reader.isEqual(name, "results") else {
                try reader.skipValue()
                continue
            }
            guard !hasResults else {
                throw JSONError(offset: name.start, "\"results\" stands twice")
            }
            hasResults = true
            try reader.beginArray()
            var number = 0
            while try reader.nextElement() {
                number &+= 1
                try self.readResult(number, &reader)
            }
        }
        try reader.end()
        guard hasResults else {
            throw JSONError(offset: 0, "expected \"results\"")
        }
    }

    private mutating func readResult(_ number: Int, _ reader: inout JSONReader) throws(JSONError) {
        guard reader.isAtObject else {
            try reader.skipValue()
            return self.skip(number, "expected an object")
        }
        var fields = RowFields()
        try reader.beginObject()
        while let name = try reader.nextName() {
            guard let column = RowFields.Column(reader.rawBytes(of: name)) else {
                try reader.skipValue()
                continue
            }
            guard reader.isAtString else {
                fields.problem = fields.problem ?? "expected \(reader.text(name)) as a string"
                try reader.skipValue()
                continue
            }
            switch try reader.stringOrDefect() {
            case .text(let place): fields.take(self.field(place, reader), as: column)
            case .defect(let error): fields.problem = fields.problem ?? error.description
            }
        }
        self.add(number, fields)
    }

    private mutating func field(_ place: JSONReader.StringPlace, _ reader: JSONReader) -> RepositoryRow.Field {
        place.hasEscapes
            ? self.field { reader.appendText(of: place, to: &$0) } : self.field(place.start, place.count)
    }
}
