public import Foundation
import PoDCore
import Subprocess
import SystemPackage

/// A Python of our own with Dask in it, made on first use.
///
/// In `$ALIEN_POD_CACHE`, else `$XDG_CACHE_HOME/alien-pod`, else `~/.cache/alien-pod`. It is complete when its marker is
/// there; a lock keeps two from making it at once.
public struct DaskEnvironment: Sendable {
    /// What pip is asked for: the majors that this recipe was tested with.
    static let requirements = ["dask>=2024.5,<2027", "distributed>=2024.5,<2027"]

    private let directory: String

    /// - Parameter environment: Where the variables above are looked up.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let home = environment["HOME"] ?? NSTemporaryDirectory()
        let cache =
            environment["ALIEN_POD_CACHE"]
            ?? environment["XDG_CACHE_HOME"].map { "\($0)/alien-pod" } ?? "\(home)/.cache/alien-pod"
        self.directory = "\(cache)/dask"
    }

    /// The interpreter.
    public var python: String { "\(self.directory)/bin/python" }

    private var marker: String { "\(self.directory)/complete" }

    /// Makes it if need be.
    public func prepare(progress: @Sendable (String) -> Void) async throws {
        guard !FileManager.default.fileExists(atPath: self.marker) else { return }
        let parent = (self.directory as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let lock = try FileDescriptor.open(
            FilePath("\(self.directory).lock"), .readWrite, options: [.create, .closeOnExec],
            permissions: [.ownerReadWrite])
        defer { try? lock.close() }
        while flock(lock.rawValue, LOCK_EX | LOCK_NB) != 0 {
            progress("waiting for another process that is installing Dask")
            try await Task.sleep(for: .seconds(1))
        }
        guard !FileManager.default.fileExists(atPath: self.marker) else { return }
        progress("installing Dask from PyPI into \(self.directory), once")
        try? FileManager.default.removeItem(atPath: self.directory)
        try await self.run(.name("python3"), ["-m", "venv", self.directory])
        try await self.run(
            .path(FilePath(self.python)),
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + Self.requirements)
        guard FileManager.default.createFile(atPath: self.marker, contents: Data()) else {
            throw RecipeError(.cannotCreate, "can't write \(self.marker)")
        }
    }

    private func run(_ program: Executable, _ arguments: [String]) async throws {
        let result = try await Subprocess.run(
            program, arguments: Arguments(arguments), input: .none, output: .string(limit: 1 << 16),
            error: .combinedWithOutput)
        guard result.terminationStatus == .exited(0) else {
            let output = result.standardOutput.split(separator: "\n").suffix(3).joined(separator: "; ")
            throw RecipeError(.unavailable, "\(program) \(arguments.joined(separator: " ")): \(output)")
        }
    }
}
