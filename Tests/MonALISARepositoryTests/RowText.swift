import MonALISARepository

/// The texts of a row, to compare.
struct RowText: Hashable, CustomStringConvertible {
    let farm: String
    let cluster: String
    let node: String
    let parameter: String
    let value: String
    let timestamp: Int64

    init(_ farm: String, _ cluster: String, _ node: String, _ parameter: String, _ value: String, _ timestamp: Int64) {
        self.farm = farm
        self.cluster = cluster
        self.node = node
        self.parameter = parameter
        self.value = value
        self.timestamp = timestamp
    }

    /// All rows of an answer.
    static func rows(of answer: RepositoryAnswer) -> [RowText] {
        answer.rows.map { row in
            RowText(
                answer.farm(of: row), answer.cluster(of: row), answer.node(of: row), answer.parameter(of: row),
                answer.value(of: row), row.timestamp)
        }
    }

    var description: String {
        "\(self.farm)/\(self.cluster)/\(self.node)/\(self.parameter)/\(self.value)/\(self.timestamp)"
    }
}

extension RepositoryAnswer {
    /// An answer with this body.
    init(_ body: some Sequence<UInt8>, _ contentType: String) throws(RepositoryError) {
        try self.init(
            HTTPAnswer(url: "http://h/rest", status: 200, contentType: contentType, body: Array(body), date: nil))
    }
}
