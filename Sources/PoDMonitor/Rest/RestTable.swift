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
        // Only the places are moved about: a sample is large, and full of references to count.
        let orders = samples.map { NameOrder(ignoringCaseOf: $0.key.names, time: $0.time) }
        let places = samples.indices.sorted { orders[$0] < orders[$1] }
        self.columns = Self.allColumns
        self.rows = places.map { samples[$0].key.names + [samples[$0].value.text, String(samples[$0].time)] }
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
        switch format {
        case .json: self.json
        case .html: Array(self.html.utf8)
        case .xml: Array(self.xml.utf8)
        case .csv: Array(self.csv.utf8)
        case .plain: Array(self.plainText.utf8)
        }
    }
}
