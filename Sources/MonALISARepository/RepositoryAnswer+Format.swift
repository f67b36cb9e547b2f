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
        return try answer.body.span.bytes.withUnsafeBytes { (body) throws(FormatProblem) in
            try self.format(type: type, body: Self.withoutBlanks(body))
        }
    }

    private static func format(type: String, body: UnsafeRawBufferPointer) throws(FormatProblem) -> Format {
        // `application/json; charset=utf-8` and `text/x-json` say the same.
        let words = type.split { !$0.isLetter }
        if words.contains("html") || words.contains("xhtml") || self.isHTML(body) {
            throw FormatProblem(
                text: "a page of HTML instead of values: not the URL of a repository, or its filter of User-Agents")
        }
        if words.contains("json") {
            try self.expect("JSON", in: body, startingWith: "{")
            return .json
        }
        if words.contains("xml") {
            try self.expect("XML", in: body, startingWith: "<")
            return .xml
        }
        if words.contains("csv") {
            return .csv
        }
        let isPlain = words.contains("plain")
        if body.hasPrefix("{\"results\"") || !isPlain && body.hasPrefix("{") {
            return .json
        }
        if body.hasPrefix("<results") {
            return .xml
        }
        if body.hasPrefix("#Farm|") {
            return .csv
        }
        guard isPlain || type.isEmpty else {
            throw FormatProblem(text: "expected JSON, plain text, CSV or XML, found content type \(self.shown(type))")
        }
        guard isPlain || body.count > 0 else {
            throw FormatProblem(text: "an empty answer without a content type")
        }
        return .plain
    }

    private static func expect(
        _ what: String, in body: UnsafeRawBufferPointer, startingWith first: StaticString
    ) throws(FormatProblem) {
        guard body.count > 0 else {
            throw FormatProblem(text: "an empty answer where \(what) was promised")
        }
        guard body.hasPrefix(first) else {
            throw FormatProblem(text: "expected \(what), found \(self.start(of: body))")
        }
    }

    private static func isHTML(_ body: UnsafeRawBufferPointer) -> Bool {
        let start = String(decoding: body.part(from: 0, count: 20), as: UTF8.self).lowercased()
        return ["<!doctype html", "<html", "<head", "<body", "<table"].contains { start.hasPrefix($0) }
    }

    private static func withoutBlanks(_ body: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        while start < body.count, body[start] <= 0x20 {
            start &+= 1
        }
        return body.part(from: start, count: .max)
    }

    private static func start(of body: UnsafeRawBufferPointer) -> String {
        self.shown(String(decoding: body.part(from: 0, count: 60), as: UTF8.self))
    }

    private static func shown(_ text: String) -> String {
        ValueError.quoted(text)
    }
}
