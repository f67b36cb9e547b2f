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
        var farm: RepositoryRow.Field?
        var cluster: RepositoryRow.Field?
        var node: RepositoryRow.Field?
        var parameter: RepositoryRow.Field?
        var value: RepositoryRow.Field?
        var timestamp: RepositoryRow.Field?
        guard reader.isAtObject else {
            try reader.skipValue()
            return self.skip(number, "expected an object")
        }
        var hasOther = false
        try reader.beginObject()
        while let name = try reader.nextName() {
            guard reader.isAtString else {
                try reader.skipValue()
                hasOther = true
                continue
            }
            let place = try reader.string()
            let field = self.field(place, reader)
            if reader.isEqual(name, "Farm") {
                farm = field
            } else if reader.isEqual(name, "Cluster") {
                cluster = field
            } else if reader.isEqual(name, "Node") {
                node = field
            } else if reader.isEqual(name, "Parameter") {
                parameter = field
            } else if reader.isEqual(name, "Value") {
                value = field
            } else if reader.isEqual(name, "Timestamp") {
                timestamp = field
            }
        }
        guard let farm, let cluster, let node, let parameter, let value, let timestamp else {
            let expectation = "expected Farm, Cluster, Node, Parameter, Value and Timestamp"
            return self.skip(number, hasOther ? "\(expectation) as strings" : expectation)
        }
        self.add(
            number, farm: farm, cluster: cluster, node: node, parameter: parameter, value: value,
            timestamp: timestamp)
    }

    private mutating func field(_ place: JSONReader.StringPlace, _ reader: JSONReader) -> RepositoryRow.Field {
        place.hasEscapes
            ? self.field { reader.appendText(of: place, to: &$0) } : self.field(place.start, place.count)
    }
}
