/// An answer before it is written: columns and rows of text.
package struct RestTable: Hashable, Sendable {
    /// All columns; an answer in browse mode has the first one to four.
    package static let allColumns = ["Farm", "Cluster", "Node", "Parameter", "Value", "Timestamp"]

    package let columns: [String]
    /// Each as long as ``columns``.
    package let rows: [[String]]
    /// The decoded path after `/rest`, for the formats that quote it.
    package let path: String
    /// The service's clock, in milliseconds since 1970, for the same formats.
    package let time: Int64

    /// Values, by farm, cluster, node and parameter, ignoring case, and by time where these are the same.
    package init(values samples: [SeriesSample], path: String, time: Int64) {
        let keyed = samples.map { (order: NameOrder(ignoringCaseOf: $0.key.names), sample: $0) }
        let ordered = keyed.sorted { left, right in
            left.order != right.order ? left.order < right.order : left.sample.time < right.sample.time
        }
        self.columns = Self.allColumns
        self.rows = ordered.map { $0.sample.key.names + [$0.sample.value.text, String($0.sample.time)] }
        self.path = path
        self.time = time
    }

    /// Names, each combination once, in the order of their texts.
    ///
    /// - Parameter columnCount: From 1, the farms, to 4, down to the parameters.
    package init(namesOf samples: [SeriesSample], columnCount: Int, path: String, time: Int64) {
        var seen: Set<NameOrder> = []
        var rows: [(order: NameOrder, names: [String])] = []
        for sample in samples {
            let names = Array(sample.key.names.prefix(columnCount))
            let order = NameOrder(joining: names)
            if seen.insert(order).inserted {
                rows.append((order, names))
            }
        }
        self.columns = Array(Self.allColumns.prefix(columnCount))
        self.rows = rows.sorted { $0.order < $1.order }.map(\.names)
        self.path = path
        self.time = time
    }

    /// The body of the answer, in UTF-8.
    package func body(as format: RestFormat) -> [UInt8] {
        let text =
            switch format {
            case .json: self.json
            case .html: self.html
            case .xml: self.xml
            case .csv: self.csv
            case .plain: self.plainText
            }
        return Array(text.utf8)
    }
}
