import Foundation
import PoDCore
import PoDRendezvous

/// The file with what is submitted, in the session's directory.
enum JobFile {
    static func write(_ text: String, for job: JobRequest) throws(SiteError) {
        try self.write(text, at: job.scriptPath)
    }

    /// - Throws: ``SiteError`` with ``ExitStatus/cannotCreate``.
    static func write(_ text: String, at path: String) throws(SiteError) {
        let path = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            try PrivateDirectory(path: path.deletingLastPathComponent().path)
                .replace([(path.lastPathComponent, text)])
        } catch {
            throw SiteError(.cannotCreate, "can't write \(path.path): \(error)")
        }
    }
}
