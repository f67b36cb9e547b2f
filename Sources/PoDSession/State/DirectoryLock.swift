import Glibc
import PoDCore
import PoDRendezvous

/// A lock on a directory: `flock` on its file `lock`, which holds the process id of the holder for people.
package final class DirectoryLock: Sendable {
    /// The lock's file in the directory.
    package static let fileName = "lock"

    private let path: String
    private let descriptor: Int32

    /// - Parameters:
    ///   - name: What kind of directory it is, for people.
    ///   - user: Who may have it.
    /// - Throws: ``SessionError`` with ``ExitStatus/temporary`` while another process holds it.
    package init(directory: String, name: String, user: String) throws(SessionError) {
        self.path = "\(directory)/\(Self.fileName)"
        // Who was locked out of a file that its holder replaces looks at what stands there now.
        for _ in 0..<16 {
            let descriptor = open(self.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else {
                throw SystemCallFailure.now.error(.cannotCreate, "create", self.path)
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let failure = SystemCallFailure.now
                let holder = Self.holder(descriptor)
                close(descriptor)
                guard failure.number == EWOULDBLOCK else {
                    throw failure.error(.cannotCreate, "lock", self.path)
                }
                throw SessionError(
                    .temporary,
                    "\(name) \(ValueError.quoted(directory)): in use by another \(user), \(holder)")
            }
            guard Self.isAt(self.path, descriptor) else {
                close(descriptor)
                continue
            }
            let text = Array("\(getpid())\n".utf8)
            guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
                let failure = SystemCallFailure.now
                close(descriptor)
                throw failure.error(.cannotCreate, "write", self.path)
            }
            self.descriptor = descriptor
            return
        }
        throw SessionError(.temporary, "\(self.path): replaced again and again by others")
    }

    deinit {
        // A process that is about to start may still have a copy of the descriptor, and with it the lock.
        flock(self.descriptor, LOCK_UN)
        close(self.descriptor)
    }

    /// Whether the file that is locked is the one that others would lock.
    var isHeld: Bool { Self.isAt(self.path, self.descriptor) }

    private static func isAt(_ path: String, _ descriptor: Int32) -> Bool {
        var opened = stat()
        var current = stat()
        return fstat(descriptor, &opened) == 0 && lstat(path, &current) == 0
            && opened.st_ino == current.st_ino && opened.st_dev == current.st_dev
    }

    private static func holder(_ descriptor: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &text, text.count, 0)
        let digits = text.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }
        return digits.isEmpty ? "process unknown" : "process \(String(decoding: digits, as: UTF8.self))"
    }
}
