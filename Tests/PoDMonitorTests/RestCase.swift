import Foundation
import PoDMonitor
import PoDTestKit
import Testing

/// One exchange with the real servlet, from `Fixtures/rest`.
struct RestCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Request: Decodable, Sendable {
        let method: String
        let target: String
        let `protocol`: String
        let headers: [String: String]
        let body: String?
    }

    struct Response: Decodable, Sendable {
        let status: Int
        let headers: [[String]]
        let bodyFile: String
        let bodyLength: Int

        func header(_ name: String) -> String? {
            self.headers.first { $0.first == name }?.last
        }
    }

    let id: String
    let seed: String
    let nowMs: Int64
    let request: Request
    let response: Response
    let volatile: [String]

    var testDescription: String { self.id }

    /// The body of the answer; of an error page only the length is known.
    var body: [UInt8] { Self.bytes("rest/\(self.response.bodyFile)") }

    var restRequest: RestRequest {
        RestRequest(
            method: self.request.method, target: self.request.target,
            fields: self.request.headers.map { RestRequest.Field(name: $0.key, value: $0.value) })
    }

    /// A store that holds what the servlet's cache held.
    func seededStore() -> MonitorStore {
        let store = MonitorStore()
        for value in Self.seeds[self.seed] ?? [] {
            store.store([value.sample], now: self.nowMs)
        }
        return store
    }

    /// The body with the time of the capture, if it holds one, blotted out.
    static func masked(_ body: [UInt8], _ volatile: [String]) -> String {
        let text = String(decoding: body, as: UTF8.self)
        return volatile.isEmpty ? text : text.replacing(#/timestamp="\d+"/#, with: "timestamp=…")
    }

    static let all: [RestCase] = Self.names(in: "rest").filter { $0 != "seeds.json" && $0.hasSuffix(".json") }.sorted()
        .map { Self.decode("rest/\($0)") }

    private struct Seed: Decodable {
        let farm: String
        let cluster: String
        let node: String
        let param: String
        let kind: String
        let value: String
        let timeMs: Int64

        var sample: SeriesSample {
            guard
                let key = SeriesKey(farm: self.farm, cluster: self.cluster, node: self.node, parameter: self.param)
            else {
                preconditionFailure("a seed without a name")
            }
            return SeriesSample(
                key: key, value: self.kind == "number" ? .number(Double(self.value) ?? 0) : .string(self.value),
                time: self.timeMs)
        }
    }

    private static let seeds: [String: [Seed]] = Self.decode("rest/seeds.json")

    private static func decode<Value: Decodable>(_ path: String) -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(Value.self, from: Data(Self.bytes(path)))
        } catch {
            preconditionFailure("fixture \(path): \(error)")
        }
    }
}

extension RestCase {
    private static let fixtures = try! FixtureDirectory(in: .module)

    static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: Self.fixtures.url.appendingPathComponent(folder).path))
            ?? []
    }

    static func bytes(_ path: String) -> [UInt8] {
        do {
            return try Self.fixtures.bytes(of: path)
        } catch {
            preconditionFailure("fixture \(path): \(error)")
        }
    }
}
