import Glibc
import PoDCore

/// A master's status file, written by the master.
///
/// It is replaced whole, at least every ``refreshPeriod``, and locked (`flock`) as long as the master lives, for the
/// kernel lets go of a lock whatever kills its holder: no advertisement outlives its master.
public final class MasterStatusFile {
    /// How often the master writes it at least.
    public static let refreshPeriod: Duration = .seconds(10)
    /// From this age on a reader takes the master for gone.
    public static let longestAge: Duration = .seconds(30)

    private let directory: PrivateDirectory
    private let name: String
    private var lock: Int32 = -1

    /// - Throws: ``RendezvousError`` when the path is wrong, its directory is not ours alone, or another master writes
    ///   the file.
    public init(path: String) throws(RendezvousError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard let name = parts.last, !path.hasSuffix("/") else {
            throw RendezvousError(.usage, "status file: expected a path, found \(ValueError.quoted(path))")
        }
        let parent = path.dropLast(name.utf8.count)
        self.name = String(name)
        self.directory = try PrivateDirectory(path: parent.isEmpty ? "." : String(parent))
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if Self.isLocked(descriptor, path) {
            throw RendezvousError(.unavailable, "\(path): another master writes this status file")
        }
    }

    deinit {
        if self.lock >= 0 {
            close(self.lock)
        }
    }

    /// Replaces the file; the new one is locked before it is seen. Where that can't be, such as on a full disk, the old
    /// one stays, and stays fresh: the master lives.
    public func write(_ status: MasterStatus) throws(RendezvousError) {
        let lock: Int32
        do throws(RendezvousError) {
            lock = try self.directory.replace([(self.name, status.document.text + "\n")], lock: true)
        } catch {
            futimens(self.lock, nil)
            throw error
        }
        if self.lock >= 0 {
            close(self.lock)
        }
        self.lock = lock
    }

    /// Removes it: the master has ended.
    public func remove() {
        self.directory.remove(self.name)
        if self.lock >= 0 {
            close(self.lock)
            self.lock = -1
        }
    }

    /// What a reader sees.
    public enum Reading: Sendable {
        case status(MasterStatus)
        /// The master is gone, and why that is known.
        case masterGone(reason: String)
    }

    /// Reads it, as a publisher does.
    ///
    /// - Throws: ``RendezvousError`` for a file that is there but can't be read, or is no status file.
    public static func read(_ path: String) throws(RendezvousError) -> Reading {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            guard errno == ENOENT else {
                throw SystemCallFailure.now.error(.noInput, "open", path)
            }
            return .masterGone(reason: "\(path) is not there")
        }
        defer { close(descriptor) }
        let text = try SmallFile.read(descriptor, path)
        if !self.isLocked(descriptor, path) {
            return .masterGone(reason: "nobody holds the lock of \(path)")
        }
        var status = stat()
        let now = MonotonicClock.millisecondsSince1970
        if fstat(descriptor, &status) == 0 {
            let age = now / 1000 &- Int64(status.st_mtim.tv_sec)
            if age > self.longestAge.components.seconds {
                return .masterGone(reason: "\(path) has not been written for \(age) s")
            }
        }
        do {
            return .status(try MasterStatus(document: try JSONValue(parsing: text)))
        } catch {
            throw RendezvousError(.data, "\(path): \(error)")
        }
    }

    /// Whether the master holds the file. It may have been replaced, and the old one let go, since it was opened.
    private static func isLocked(_ descriptor: Int32, _ path: String) -> Bool {
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else {
            return errno == EWOULDBLOCK
        }
        flock(descriptor, LOCK_UN)
        var opened = stat()
        var current = stat()
        return fstat(descriptor, &opened) == 0 && stat(path, &current) == 0
            && (opened.st_ino != current.st_ino || opened.st_dev != current.st_dev)
    }
}
