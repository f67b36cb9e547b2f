import PoDCore

extension RepositoryAnswer {
    enum Format {
        case json, plain, csv, xml
    }

    /// The format by the content type, if the body looks like it: servers, proxies and error pages say what they like.
    static func format(of answer: HTTPAnswer) throws(FormatProblem) -> Format {
        let type = answer.contentType.lowercased()
        let first = answer.body.first { $0 > 0x20 }
        if type.contains("html") || Self.looksLikeHTML(answer.body) {
            throw FormatProblem(
                text: "a page of HTML instead of values: not the URL of a repository, or its filter of User-Agents")
        }
        if type.contains("json") || first == UInt8(ascii: "{") {
            guard first != nil else {
                throw FormatProblem(text: "an empty answer where JSON was promised")
            }
            guard first == UInt8(ascii: "{") else {
                throw FormatProblem(text: "expected JSON, found \(Self.start(of: answer.body))")
            }
            return .json
        }
        if type.contains("xml") || first == UInt8(ascii: "<") {
            guard first == UInt8(ascii: "<") else {
                throw FormatProblem(text: "expected XML, found \(Self.start(of: answer.body))")
            }
            return .xml
        }
        if type.contains("csv") || first == UInt8(ascii: "#") {
            return .csv
        }
        guard type.isEmpty || type.contains("text/plain") else {
            throw FormatProblem(text: "expected JSON, plain text, CSV or XML, found content type \(Self.shown(type))")
        }
        return .plain
    }

    private static func looksLikeHTML(_ body: [UInt8]) -> Bool {
        let start = String(decoding: body.prefix(200), as: UTF8.self).lowercased()
        return ["<!doctype html", "<html", "<table", "<head"].contains { start.contains($0) }
    }

    private static func start(of body: [UInt8]) -> String {
        self.shown(String(decoding: body.prefix(60), as: UTF8.self))
    }

    private static func shown(_ text: String) -> String {
        ValueError.quoted(text)
    }
}
