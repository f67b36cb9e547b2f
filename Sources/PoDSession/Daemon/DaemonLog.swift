import Foundation
import Synchronization

/// A daemon's output in a file that can't fill the disk: beyond the limit it is left out.
final class DaemonLog: Sendable {
    /// In bytes.
    static let largestSize = 16 << 20

    private let handle: FileHandle
    private let size: Mutex<Int>

    init(path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let handle = FileHandle(forWritingAtPath: path)
        else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
        self.handle = handle
        self.size = Mutex(0)
    }

    func append(_ line: String) {
        let data = Data((line + "\n").utf8)
        let fits = self.size.withLock { size in
            guard size + data.count <= Self.largestSize else { return false }
            size += data.count
            return true
        }
        if fits {
            try? self.handle.write(contentsOf: data)
        }
    }
}
