import Foundation
public import PoDCore
import PoDRendezvous

/// The directory of one lease below the worker's: `LEASE/`, and after its end nothing but `logs/LEASE.log`.
///
/// It is locked (`flock`, on the directory itself) while this value lives, so that the next worker in the same place
/// knows which were left by workers that were killed, and removes those.
public final class WorkDirectory: Sendable {
    /// How many leases' logs are kept.
    public static let mostLogs = 20
    /// What all kept logs have together at most, in bytes.
    public static let largestLogs = 64 << 20

    private let parent: String
    private let lease: LeaseID
    private let lock: Int32
    /// Mode 0700.
    public let path: String

    /// Makes it, and `parent` where that is not there.
    ///
    /// - Throws: ``SessionError`` with ``ExitStatus/cannotCreate``; with ``ExitStatus/temporary`` while another worker
    ///   has the same lease here.
    public init(below parent: String, lease: LeaseID) throws(SessionError) {
        self.parent = parent
        self.lease = lease
        self.path = "\(parent)/\(lease)"
        try Self.make(parent)
        Self.removeAbandoned(in: parent)
        // Under a name that nobody takes for a lease until it is locked.
        let unlocked = "\(parent)/.\(lease).\(getpid())"
        Self.removeTree(unlocked)
        guard mkdir(unlocked, 0o700) == 0 else {
            throw SystemCallFailure.now.error(.cannotCreate, "make work directory", unlocked)
        }
        let lock = open(unlocked, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        flock(lock, LOCK_EX | LOCK_NB)
        guard lock >= 0, rename(unlocked, self.path) == 0 else {
            let failure = SystemCallFailure.now
            rmdir(unlocked)
            close(lock)
            guard failure.number != ENOTEMPTY, failure.number != EEXIST else {
                throw SessionError(.temporary, "work directory \(self.path): in use by another worker")
            }
            throw failure.error(.cannotCreate, "make work directory", self.path)
        }
        // Last: an initializer that throws after it would close it a second time, in `deinit`, when it may be another's.
        self.lock = lock
    }

    deinit {
        close(self.lock)
    }

    /// Where a daemon of this name has its log, until ``remove(archiving:)``.
    public func logPath(of daemon: String) -> String { "\(self.path)/\(daemon).log" }

    /// Where the log lies after ``remove(archiving:)``.
    public var archivedLogPath: String { "\(self.parent)/logs/\(self.lease).log" }

    /// Whether there is no room for another file.
    public var isFull: Bool {
        var status = statvfs()
        guard statvfs(self.path, &status) == 0 else { return false }
        // File systems without a count of files say 0 of 0.
        return status.f_bavail == 0 || (status.f_files > 0 && status.f_favail == 0)
    }

    /// Removes it and all that is in it, but for the log of the daemon, which is kept with those of the last leases.
    ///
    /// What can't be removed, because a process still writes there or a file server is away, is left for the next:
    /// nobody is there to be told.
    public func remove(archiving daemon: String) {
        let parts = DaemonLog.parts(of: self.logPath(of: daemon))
        if parts.contains(where: { access($0, F_OK) == 0 }), (try? Self.make("\(self.parent)/logs")) != nil {
            for (part, archived) in zip(parts, DaemonLog.parts(of: self.archivedLogPath)) {
                rename(part, archived)
            }
        }
        Self.removeTree(self.path)
        self.removeOldLogs()
    }

    // MARK: - Files

    private static func make(_ directory: String) throws(SessionError) {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw SystemCallFailure.now.error(.cannotCreate, "make directory", directory)
        }
    }

    /// Removes directories of leases that nobody holds.
    private static func removeAbandoned(in parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        where (try? LeaseID(parsing: name)) != nil {
            let descriptor = open("\(parent)/\(name)", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                self.removeTree("\(parent)/\(name)")
            }
            close(descriptor)
        }
    }

    private static func removeTree(_ path: String) {
        let files = FileManager.default
        guard access(path, F_OK) == 0, (try? files.removeItem(atPath: path)) == nil else { return }
        // A directory without write permission keeps what is in it.
        chmod(path, 0o700)
        if let items = files.enumerator(atPath: path) {
            for case let item as String in items {
                let inner = "\(path)/\(item)"
                var status = stat()
                if lstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                    chmod(inner, 0o700)
                }
            }
        }
        try? files.removeItem(atPath: path)
    }

    /// Keeps the logs of the newest leases.
    private func removeOldLogs() {
        let directory = "\(self.parent)/logs"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        var leases: [LeaseID: [String]] = [:]
        for name in names {
            guard let end = name.range(of: ".log"), let lease = try? LeaseID(parsing: String(name[..<end.lowerBound]))
            else { continue }
            leases[lease, default: []].append("\(directory)/\(name)")
        }
        var size: Int64 = 0
        for (index, lease) in leases.sorted(by: { $0.key > $1.key }).enumerated() {
            for path in lease.value {
                var status = stat()
                size += lstat(path, &status) == 0 ? Int64(status.st_size) : 0
            }
            // That of the lease that has just ended is kept in any case.
            if index > 0, index >= Self.mostLogs || size > Int64(Self.largestLogs) {
                lease.value.forEach { unlink($0) }
            }
        }
    }
}
