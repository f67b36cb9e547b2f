import Foundation
import PoDTestKit

/// The server of `Fixtures/server.py`, one for all tests of a process. It ends with its standard input, which this
/// process holds open: whatever ends the tests ends it.
final class LoopbackServer: Sendable {
    struct Ports: Decodable {
        let http: Int
        /// Connections are neither taken nor refused.
        let full: Int
        /// Connections are refused.
        let closed: Int
    }

    static let shared = Result { try LoopbackServer() }

    let ports: Ports
    private let input = Pipe()

    private init() throws {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", Capture.fixtures.url.appending(path: "server.py").path]
        process.standardInput = self.input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            line += more
        }
        self.ports = try JSONDecoder().decode(Ports.self, from: line)
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(self.ports.http)/\(path)" }
}
