import Foundation
import MonALISARepository

/// A file of `Fixtures/`.
enum Fixture {
    static func url(_ path: String) -> URL {
        Bundle.module.url(forResource: "Fixtures", withExtension: nil)!.appending(path: path)
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: self.url(path)))
    }
}

/// A captured answer of the real service.
struct Capture: Decodable, CustomStringConvertible {
    struct Request: Decodable {
        let target: String
    }

    struct Response: Decodable {
        let headers: [[String]]
    }

    let id: String
    let seed: String
    let request: Request
    let response: Response

    static let all: [Capture] = {
        let files = try! FileManager.default.contentsOfDirectory(atPath: Fixture.url("rest").path)
        return files.filter { $0.hasSuffix(".json") && $0 != "seeds.json" }.sorted().map { name in
            try! JSONDecoder().decode(Capture.self, from: Data(contentsOf: Fixture.url("rest/\(name)")))
        }
    }()

    var description: String { self.id }
    var contentType: String { self.response.headers.first { $0.first == "Content-Type" }?.last ?? "" }
    var isHTML: Bool { self.contentType.hasPrefix("text/html") }
    /// Names without values.
    var isBrowsing: Bool { self.id.hasPrefix("browse-") }

    func answer() throws -> HTTPAnswer {
        HTTPAnswer(
            url: "http://repository\(self.request.target)", status: 200, contentType: self.contentType,
            body: try Fixture.bytes("rest/\(self.id).body"), date: nil)
    }
}
