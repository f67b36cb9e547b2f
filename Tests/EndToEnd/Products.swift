import Foundation
import PoDTestKit

/// The built products that these tests drive as a user would.
enum Products {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let alienPod =
        ProcessInfo.processInfo.environment["ALIEN_POD"] ?? root.appendingPathComponent(".build/release/alien-pod").path

    static var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["ALIEN_POD_HOME"] = self.root.path
        environment["APMON_CONFIG"] = nil
        return environment
    }

    /// Runs a command to its end.
    ///
    /// - Returns: Its lines and how it ended.
    static func run(
        _ arguments: [String], within limit: Duration = .seconds(30)
    ) async throws -> (lines: [String], errors: String, ending: ChildProcess.Ending) {
        try await ChildProcess.run(self.alienPod, arguments: arguments, environment: self.environment) { child in
            var lines: [String] = []
            while let line = try await child.nextLine(within: limit) {
                lines.append(line)
            }
            let ending = try await child.ending(within: limit)
            return (lines, child.errorText, ending)
        }
    }

    /// Runs a monitor for the time of `body`, which gets its UDP address and base URL.
    static func withMonitor<Result>(_ body: (String, String) async throws -> Result) async throws -> Result {
        let arguments = ["monitor", "--udp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--farm", "TEST"]
        return try await ChildProcess.run(self.alienPod, arguments: arguments, environment: self.environment) { child in
            let udp = try await child.firstLine { $0.hasPrefix("udp ") }.dropFirst(4)
            let http = try await child.firstLine { $0.hasPrefix("http ") }.dropFirst(5)
            return try await body(String(udp), String(http))
        }
    }
}

/// Waits until a condition holds.
func eventually(
    within limit: Duration = .seconds(30), _ what: String, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() {
            return
        }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw TestKitError("\(what): not within \(limit)")
}
