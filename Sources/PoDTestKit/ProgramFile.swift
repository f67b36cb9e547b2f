import Foundation

/// A script that a test writes and runs.
public enum ProgramFile {
    /// Writes it, mode 0755, by another process: a child that is being started meanwhile has for a moment what this process
    /// has open for writing, and as long as somebody has, the kernel runs no such file (ETXTBSY).
    ///
    /// - Throws: ``TestKitError`` when it can't be written.
    public static func write(_ script: String, to path: String) throws {
        let draft = "\(path).draft"
        try Data(script.utf8).write(to: URL(fileURLWithPath: draft))
        defer { unlink(draft) }
        let words = ["install", "-m", "755", draft, path]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var processID: pid_t = 0
        var status: Int32 = 0
        guard posix_spawnp(&processID, "install", nil, nil, &arguments, environ) == 0,
            waitpid(processID, &status, 0) == processID, status == 0
        else {
            throw TestKitError("\(path) can't be written")
        }
    }
}
