import ApMon
import Foundation
import Testing

/// A captured or crafted datagram with what is known about it; see `Fixtures/README.md`.
struct Fixture: Sendable, CustomTestStringConvertible {
    let id: String
    let bytes: [UInt8]
    let wire: Wire
    /// Why a strict decode stops; `nil` for a well-formed datagram.
    let wireError: String?
    let receiver: Receiver

    var testDescription: String { self.id }

    /// What a strict decode reads.
    struct Wire: Decodable, Sendable {
        let header: String?
        let header_hex: String?
        let version: String?
        let password: String?
        /// Without a sign, unlike the other numbers.
        let instance_id: UInt32?
        let seq: Int32?
        let cluster: String?
        let cluster_hex: String?
        let node: String?
        let node_hex: String?
        let nparams: Int32?
        let params: [Parameter]?
        let time: Int32?
        let trailing_hex: String?
    }

    struct Parameter: Decodable, Sendable {
        let name: String?
        let name_hex: String?
        let type: String
        let type_code: Int32
        let value: Value?
        let value_hex: String?
        let bits: String?
    }

    /// What MonALISA's own receiver made of it.
    struct Receiver: Decodable, Sendable {
        let accepted: Bool
        let cluster: String?
        let node: String?
        /// Milliseconds since 1970, or `receiver-clock`.
        let time_ms: Value?
        let params: [ReceivedParameter]?
    }

    struct ReceivedParameter: Decodable, Sendable {
        let name: String
        let kind: String
        let value: Value
        let bits: String?
    }

    enum Value: Decodable, Equatable, Sendable {
        case integer(Int64)
        case number(Double)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let number = try? container.decode(Int64.self) {
                self = .integer(number)
            } else {
                self = .number(try container.decode(Double.self))
            }
        }
    }

    private struct Description: Decodable {
        let id: String
        let wire: Wire?
        let wire_error: String?
        let receiver: Receiver
    }

    /// All of them, or why they can't be read.
    static let loaded = Result { () throws -> [Fixture] in
        let directory = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
        return try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map(Self.read)
    }

    static let all = (try? Self.loaded.get()) ?? []

    static let wellFormed = Self.all.filter { $0.wireError == nil }

    private static func read(_ file: URL) throws -> Fixture {
        let description = try JSONDecoder().decode(Description.self, from: Data(contentsOf: file))
        let bytes = try Data(contentsOf: file.deletingPathExtension().appendingPathExtension("bin"))
        return Fixture(
            id: description.id, bytes: Array(bytes), wire: try #require(description.wire),
            wireError: description.wire_error, receiver: description.receiver)
    }
}

/// The bytes that `hex` spells, or those of `text`.
func bytes(_ text: String?, hex: String?) throws -> [UInt8]? {
    guard let hex else { return text.map { Array($0.utf8) } }
    var rest = hex[...]
    var bytes: [UInt8] = []
    while !rest.isEmpty {
        bytes.append(try #require(UInt8(rest.prefix(2), radix: 16)))
        rest = rest.dropFirst(2)
    }
    return bytes
}
