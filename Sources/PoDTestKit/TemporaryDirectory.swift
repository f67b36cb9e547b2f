public import Foundation

/// A directory of a test's own, readable by its user alone; it and all in it is gone when the scope ends, however it
/// ends.
public enum TemporaryDirectory {
    /// Runs `body` with the path of a new, empty directory.
    ///
    /// - Throws: ``TestKitError`` when the directory can't be made, else what `body` throws.
    @discardableResult
    public static func with<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let directory = try self.make()
        defer { try? FileManager.default.removeItem(at: directory) }
        return try body(directory)
    }

    /// Runs `body` with the path of a new, empty directory.
    ///
    /// - Throws: ``TestKitError`` when the directory can't be made, else what `body` throws.
    @discardableResult
    public static func with<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (URL) async throws -> Result
    ) async throws -> Result {
        let directory = try self.make()
        defer { try? FileManager.default.removeItem(at: directory) }
        return try await body(directory)
    }

    private static func make() throws -> URL {
        // Short, because the path of a Unix socket ends at 108 bytes.
        var template = Array("\(NSTemporaryDirectory())/pod-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else {
            let problem = String(cString: strerror(errno))
            throw TestKitError("no directory could be made in \(NSTemporaryDirectory()): \(problem)")
        }
        return URL(fileURLWithPath: String(cString: path), isDirectory: true).standardizedFileURL
    }
}
