public import Foundation

/// JAliEn's central services as a program of our own plays them (`Tests/AliEnSiteTests/Fixtures/central-service.py`), and the
/// real `alien.py` that talks to them.
public struct CentralService: Sendable {
    /// Where it keeps what it plays: catalogue's files, jobs.
    public let directory: URL
    private let port: Substring

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Tests/AliEnSiteTests/Fixtures/central-service.py").path

    /// Where `bin/setup --tests` installs alien.py.
    private static var python: URL {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? NSHomeDirectory())/.cache"
        return URL(fileURLWithPath: "\(cache)/alien-pod/alienpy-1.7.0/bin/python")
    }

    /// Whether alien.py is there. Tests that need it are skipped without, unless `ALIEN_POD_TEST_STRICT` is 1.
    public static var canRun: Bool {
        FileManager.default.isExecutableFile(atPath: self.python.path)
            || ProcessInfo.processInfo.environment["ALIEN_POD_TEST_STRICT"] == "1"
    }

    /// Plays for the time of `body`; jobs that are left are ended.
    ///
    /// - Parameter variables: More of the environment that jobs have on its worker nodes.
    public static func run(
        _ variables: [String: String] = [:], _ body: (CentralService) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            let environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
            try await ChildProcess.run(
                self.python.path, arguments: [self.script, directory.path], environment: environment
            ) { child in
                let port = try await child.firstLine { $0.hasPrefix("ready ") }.dropFirst(6)
                let result: Result<Void, any Error>
                do {
                    result = .success(try await body(CentralService(directory: directory, port: port)))
                } catch {
                    result = .failure(error)
                }
                // In good order, so that its jobs end with it.
                child.send(signal: SIGTERM)
                _ = try? await child.ending()
                try result.get()
            }
        }
    }

    /// The path of an alien.py that knows this service alone.
    ///
    /// - Parameter user: `alice`, `bob`, or another, who has no token.
    public func alienPy(of user: String = "alice") throws -> String {
        let home = self.directory.appendingPathComponent("home-\(user)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let path = home.appendingPathComponent("alien.py").path
        let script = """
            #!/bin/sh
            unset X509_CERT_DIR X509_USER_CERT X509_USER_KEY ALIEN_PROC_ID ALIEN_SITE JALIEN_HOST
            export HOME='\(home.path)' ALIENPY_JCENTRAL=127.0.0.1 ALIENPY_JCENTRAL_PORT=\(self.port)
            export X509_CERT_FILE='\(self.directory.path)/ca.pem'
            export JALIEN_TOKEN_CERT='\(self.directory.path)/\(user).pem'
            export JALIEN_TOKEN_KEY='\(self.directory.path)/\(user).key'
            exec '\(Self.python.deletingLastPathComponent().path)/alien.py' "$@"

            """
        try ProgramFile.write(script, to: path)
        return path
    }

    /// Runs a command of a user's.
    public func run(
        _ arguments: [String], of user: String = "alice"
    ) async throws -> (output: String, ending: ChildProcess.Ending) {
        try await ChildProcess.run(try self.alienPy(of: user), arguments: arguments) { child in
            var lines: [String] = []
            while let line = try await child.nextLine() {
                lines.append(line)
            }
            return (lines.joined(separator: "\n"), try await child.ending())
        }
    }

    /// A command that the service was sent.
    public struct Command: Decodable, Sendable {
        public let user: String
        public let command: String
        public let options: [String]
    }

    /// All of them, the first one first.
    public var commands: [Command] {
        get throws {
            let text = try String(contentsOf: self.directory.appendingPathComponent("commands.log"), encoding: .utf8)
            return try text.split(separator: "\n").map { try JSONDecoder().decode(Command.self, from: Data($0.utf8)) }
        }
    }
}
