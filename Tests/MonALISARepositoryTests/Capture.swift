import Foundation
import MonALISARepository
import PoDTestKit
import Testing

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

    static let fixtures = try! FixtureDirectory(in: .module)
    static let rest = FixtureDirectory(at: Self.fixtures.url.appending(path: "rest"))

    static let all: [Capture] = try! Self.rest.names(withExtension: "json").filter { $0 != "seeds" }.map { id in
        try Self.rest.decode(Capture.self, from: "\(id).json")
    }

    static func named(_ id: String) throws -> Capture {
        try #require(Self.all.first { $0.id == id })
    }

    var description: String { self.id }
    var contentType: String { self.response.headers.first { $0.first == "Content-Type" }?.last ?? "" }
    var isHTML: Bool { self.contentType.hasPrefix("text/html") }
    /// Names without values.
    var isBrowsing: Bool { self.id.hasPrefix("browse-") }

    func body() throws -> [UInt8] {
        try Self.rest.bytes(of: "\(self.id).body")
    }

    func answer() throws -> HTTPAnswer {
        HTTPAnswer(
            url: "http://repository\(self.request.target)", status: 200, contentType: self.contentType,
            body: try self.body(), date: nil)
    }
}
