import Foundation
import PoDTestKit
import Testing

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
        environment["ALIEN_POD_SESSION"] = nil
        return environment
    }

    /// Runs a command to its end.
    ///
    /// - Returns: Its lines and how it ended.
    static func run(
        _ arguments: [String], environment: [String: String] = Self.environment, within limit: Duration = .patience
    ) async throws -> (lines: [String], errors: String, ending: ChildProcess.Ending) {
        try await ChildProcess.run(self.alienPod, arguments: arguments, environment: environment) { child in
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

    /// Writes the server info that names master 77, as its status file advertises it.
    static func writeServerInfo(of status: URL, to info: URL) throws {
        let advertisement = try #require(SessionStatus(at: status)).advertisement
        let value = { (name: String) in try #require(advertisement.first { $0.name == name }?.value) }
        let (address, key) = (try value("Address"), try value("Key"))
        let document = #"{"masterJobId":"77","address":"\#(address)","protocol":"alien-pod/1","key":"\#(key)"}"#
        try Data(document.utf8).write(to: info)
    }

    /// Runs master 77 for the time of `body`, which gets it, its status file, and a server info that names it.
    ///
    /// - Parameter arguments: More of them, such as the recipe; it must be able to start within `limit`.
    static func withMaster(
        workers: Int, _ arguments: [String] = [], within limit: Duration = .patience,
        _ body: (ChildProcess, URL, URL) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            let status = directory.appendingPathComponent("status.json")
            let first = [
                "master", "--job-id", "77", "--allow-unsigned-workers", "--workers", String(workers), "--advertise",
                "127.0.0.1", "--status-file",
                status.path,
            ]
            try await ChildProcess.run(self.alienPod, arguments: first + arguments) { master in
                _ = try await master.firstLine(within: limit) { $0.hasPrefix("master 77 at ") }
                let info = directory.appendingPathComponent("server_info.json")
                try self.writeServerInfo(of: status, to: info)
                try await body(master, status, info)
            }
        }
    }
}
