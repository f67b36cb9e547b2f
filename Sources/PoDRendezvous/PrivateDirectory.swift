import Glibc
import PoDCore

/// A directory that is ours and that no other user can write to.
///
/// What a watcher writes decides where a worker connects: in a directory that somebody else can write to, somebody
/// else decides.
public final class PrivateDirectory {
    public let path: String
    private let descriptor: Int32

    /// - Throws: ``RendezvousError`` when it is no directory, not ours, or writable by others.
    public init(path: String) throws(RendezvousError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw RendezvousError(.usage, "directory: expected a path, found \(ValueError.quoted(path))")
        }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw SystemCallFailure.now.error(.cannotCreate, "open directory", path)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let failure = SystemCallFailure.now
            close(descriptor)
            throw failure.error(.cannotCreate, "look at directory", path)
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            close(descriptor)
            throw RendezvousError(
                .noPermission,
                "directory \(ValueError.quoted(path)): must belong to this user and be writable by nobody else")
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(self.descriptor)
    }

    /// Writes files of mode 0600 so that each is there whole or as it was before, whatever happens in between: all are
    /// written and synced under temporary names, then renamed in the order given.
    ///
    /// - Parameter lock: Whether to hold an exclusive `flock` on the last file from before it appears.
    /// - Returns: The descriptor that holds the lock, to be closed by the caller; -1 without `lock`.
    @discardableResult
    package func replace(_ files: [(name: String, text: String)], lock: Bool = false) throws(RendezvousError) -> Int32 {
        var temporaries: [String] = []
        var lockedDescriptor: Int32 = -1
        do throws(RendezvousError) {
            for (index, file) in zip(files.indices, files) {
                let temporary = ".\(file.name).\(getpid())"
                let keepsLock = lock && index == files.indices.last
                let descriptor = try self.write(file.text, to: temporary, locked: keepsLock)
                temporaries.append(temporary)
                if keepsLock {
                    lockedDescriptor = descriptor
                } else {
                    close(descriptor)
                }
            }
            for (temporary, file) in zip(temporaries, files) {
                guard renameat(self.descriptor, temporary, self.descriptor, file.name) == 0 else {
                    throw SystemCallFailure.now.error(.cannotCreate, "write", "\(self.path)/\(file.name)")
                }
            }
        } catch {
            for temporary in temporaries {
                unlinkat(self.descriptor, temporary, 0)
            }
            if lockedDescriptor >= 0 {
                close(lockedDescriptor)
            }
            throw error
        }
        fsync(self.descriptor)
        return lockedDescriptor
    }

    /// Removes a file; that it is not there is no error.
    func remove(_ name: String) {
        unlinkat(self.descriptor, name, 0)
    }

    private func write(_ text: String, to name: String, locked: Bool) throws(RendezvousError) -> Int32 {
        // What a killed process of the same id left behind is in nobody's use.
        unlinkat(self.descriptor, name, 0)
        let descriptor = openat(self.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SystemCallFailure.now.error(.cannotCreate, "create", "\(self.path)/\(name)")
        }
        let isWritten = text.utf8.withContiguousStorageIfAvailable { Self.writeAll($0, to: descriptor) } ?? false
        guard isWritten, fsync(descriptor) == 0, !locked || flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let failure = SystemCallFailure.now
            close(descriptor)
            unlinkat(self.descriptor, name, 0)
            throw failure.error(.cannotCreate, "write", "\(self.path)/\(name)")
        }
        return descriptor
    }

    private static func writeAll(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Bool {
        guard var start = UnsafeRawPointer(bytes.baseAddress) else { return true }
        var left = bytes.count
        while left > 0 {
            let count = Glibc.write(descriptor, start, left)
            if count > 0 {
                start += count
                left &-= count
            } else if count == 0 || errno != EINTR {
                return false
            }
        }
        return true
    }
}
