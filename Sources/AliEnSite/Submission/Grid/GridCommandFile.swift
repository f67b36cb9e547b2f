import Foundation
import PoDCore
import PoDRendezvous

/// A file that is there while a command reads it.
enum GridCommandFile {
    /// Runs `body` with the path of a new file, which no other user can read.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/cannotCreate``, else what `body` throws.
    static func with<Result>(
        _ text: String, _ body: (String) async throws(SiteError) -> Result
    ) async throws(SiteError) -> Result {
        let path = "\(NSTemporaryDirectory())/alien-pod.\(UUID().uuidString)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SiteError(.cannotCreate, "can't write \(path): \(SystemCallFailure.now.text)")
        }
        defer { unlink(path) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(text.utf8))
        } catch {
            throw SiteError(.cannotCreate, "can't write \(path): \(error)")
        }
        return try await body(path)
    }
}
