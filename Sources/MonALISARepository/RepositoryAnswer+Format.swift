import PoDCore

extension RepositoryAnswer {
    enum Format {
        case json, plain, csv, xml
    }

    /// The format by the content type, with the body as a second opinion: servers, proxies and error pages say what
    /// they like.
    ///
    /// Only how the body begins counts: what stands further on may be the value of a single bad row.
    static func format(of answer: HTTPAnswer) throws(FormatProblem) -> Format {
        let type = answer.contentType.lowercased()
        let body = answer.body.drop { $0 <= 0x20 }
        if type.contains("html") || Self.isHTML(body) {
            throw FormatProblem(
                text: "a page of HTML instead of values: not the URL of a repository, or its filter of User-Agents")
        }
        if type.contains("json") {
            try Self.expect("JSON", in: body, startingWith: UInt8(ascii: "{"))
            return .json
        }
        if type.contains("xml") {
            try Self.expect("XML", in: body, startingWith: UInt8(ascii: "<"))
            return .xml
        }
        if type.contains("csv") {
            return .csv
        }
        let isPlain = type.contains("text/plain")
        if body.starts(with: Array("{\"results\"".utf8)) || !isPlain && body.first == UInt8(ascii: "{") {
            return .json
        }
        if body.starts(with: Array("<results".utf8)) {
            return .xml
        }
        if body.starts(with: Array("#Farm|".utf8)) {
            return .csv
        }
        guard isPlain || type.isEmpty else {
            throw FormatProblem(text: "expected JSON, plain text, CSV or XML, found content type \(Self.shown(type))")
        }
        guard isPlain || !body.isEmpty else {
            throw FormatProblem(text: "an empty answer without a content type")
        }
        return .plain
    }

    private static func expect(
        _ what: String, in body: ArraySlice<UInt8>, startingWith first: UInt8
    ) throws(FormatProblem) {
        guard !body.isEmpty else {
            throw FormatProblem(text: "an empty answer where \(what) was promised")
        }
        guard body.first == first else {
            throw FormatProblem(text: "expected \(what), found \(Self.start(of: body))")
        }
    }

    private static func isHTML(_ body: ArraySlice<UInt8>) -> Bool {
        let start = String(decoding: body.prefix(20), as: UTF8.self).lowercased()
        return ["<!doctype html", "<html", "<head", "<body", "<table"].contains { start.hasPrefix($0) }
    }

    private static func start(of body: ArraySlice<UInt8>) -> String {
        self.shown(String(decoding: body.prefix(60), as: UTF8.self))
    }

    private static func shown(_ text: String) -> String {
        ValueError.quoted(text)
    }
}
