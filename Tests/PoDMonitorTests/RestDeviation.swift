/// Where we knowingly answer otherwise than the real servlet does: the whole list, which `docs/monitor-rest.md` repeats.
struct RestDeviation: Sendable {
    /// The case, as `Fixtures/rest` names it.
    let id: String
    let reason: String
    let status: Int
    let body: String

    static let all = [
        RestDeviation(
            id: "bad-regex", reason: "names are no regular expressions, so none is invalid", status: 200, body: ""),
        RestDeviation(
            id: "cond-bad-regex", reason: "an unmatched bracket in a condition means itself", status: 200, body: ""),
        RestDeviation(
            id: "regex-in-short-part", reason: "a dot in a name means itself", status: 200, body: ""),
    ]

    static func of(_ restCase: RestCase) -> RestDeviation? {
        Self.all.first { $0.id == restCase.id }
    }
}
