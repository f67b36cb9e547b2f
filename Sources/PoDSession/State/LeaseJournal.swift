import Glibc
import PoDCore
import PoDRendezvous
import Synchronization

/// The master's journal: JSON lines, added and brought to the disk before what they say is answered.
///
/// - A last line without its end was being written when the master or the machine died; nobody was answered, and it
///   counts for nothing. Any other line that can't be read is damage, and refused with its number.
/// - Lines that can't be written, such as on a full disk, leave the journal as it was.
/// - When it has grown to ``growth`` times what is alive, it is written anew.
public final class LeaseJournal: Sendable {
    public typealias Entry = JournalledLeases.Entry

    /// From so many times the lines that are needed on, the journal is written anew.
    package static let growth = 4
    /// A short journal is left alone, in lines.
    package static let shortest = 1024
    /// The largest that is read, in bytes: 100,000 leases with long names need a tenth of it.
    static let largestSize = 256 << 20

    private struct State {
        var descriptor: Int32
        var leases: JournalledLeases
        /// Bytes that are known to be on the disk, and whole.
        var length: Int
        var lines: Int
        /// Something after `length` may be in the file.
        var hasTail: Bool
        /// Not before it has so many lines.
        var compactsAt: Int
    }

    private let path: String
    private let state: Mutex<State>

    /// Opens the journal and reads it; makes it where it is not there.
    ///
    /// - Throws: ``SessionError`` with ``ExitStatus/data`` and the line's number for damage, with
    ///   ``ExitStatus/cannotCreate`` when it can't be opened or written.
    package init(path: String) throws(SessionError) {
        let descriptor = try Self.open(path)
        do throws(SessionError) {
            let bytes = try Self.read(descriptor, path)
            var (leases, length, lines) = (JournalledLeases(), 0, 0)
            while let end = bytes[length...].firstIndex(of: UInt8(ascii: "\n")) {
                lines += 1
                do {
                    leases.apply(try Entry(document: try JSONValue(parsing: Array(bytes[length..<end]))))
                } catch {
                    throw SessionError(.data, "\(path): line \(lines) is damaged: \(error)")
                }
                length = end + 1
            }
            self.path = path
            self.state = Mutex(
                State(
                    descriptor: descriptor, leases: leases, length: length, lines: lines,
                    hasTail: length < bytes.count, compactsAt: 0))
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit {
        self.state.withLock { _ = close($0.descriptor) }
    }

    /// What is granted and wanted.
    public var leases: JournalledLeases { self.state.withLock { $0.leases } }

    /// Adds entries, all or none, with one write to the disk. When it returns, they are there whatever happens to
    /// master and machine.
    ///
    /// - Throws: ``SessionError`` with ``ExitStatus/cannotCreate``: nothing is added, nothing may be answered.
    public func append(_ entries: [Entry]) throws(SessionError) {
        guard !entries.isEmpty else { return }
        try self.state.withLock { (state) throws(SessionError) in
            try self.append(entries, to: &state)
            for entry in entries {
                state.leases.apply(entry)
            }
            let mostLines = max(Self.shortest, state.leases.count * Self.growth, state.compactsAt)
            guard state.lines > mostLines else { return }
            // The entries are safe already: that it can't be made shorter is no error of theirs.
            state.compactsAt = (try? self.compact(&state)) == nil ? state.lines * 2 : 0
        }
    }

    /// Forgets everything: the session has ended, and the next begins anew. Needs no room on the disk.
    ///
    /// - Throws: ``SessionError`` with ``ExitStatus/cannotCreate``.
    public func clear() throws(SessionError) {
        try self.state.withLock { (state) throws(SessionError) in
            (state.leases, state.length, state.lines) = (JournalledLeases(), 0, 0)
            state.hasTail = true
            try self.dropTail(of: &state)
        }
    }

    private func append(_ entries: [Entry], to state: inout State) throws(SessionError) {
        try self.dropTail(of: &state)
        let bytes = Self.bytes(of: entries)
        state.hasTail = true
        guard Self.writeAll(bytes, to: state.descriptor, at: state.length), fdatasync(state.descriptor) == 0 else {
            let failure = SystemCallFailure.now
            try? self.dropTail(of: &state)
            throw failure.error(.cannotCreate, "write", self.path)
        }
        state.length += bytes.count
        state.lines += entries.count
        state.hasTail = false
    }

    /// What a write that failed left behind must not be the beginning of the next line.
    private func dropTail(of state: inout State) throws(SessionError) {
        guard state.hasTail else { return }
        guard ftruncate(state.descriptor, off_t(state.length)) == 0, fdatasync(state.descriptor) == 0 else {
            throw SystemCallFailure.now.error(.cannotCreate, "truncate", self.path)
        }
        state.hasTail = false
    }

    /// Writes what is alive into a new file and puts that in the journal's place.
    private func compact(_ state: inout State) throws(RendezvousError) {
        let (directory, name) = Self.place(of: self.path)
        let entries = state.leases.entries
        let text = entries.map { $0.document.text + "\n" }.joined()
        // The lock is of no use here; with it comes the descriptor of the very file that is put in place.
        let descriptor = try PrivateDirectory(path: directory).replace([(name, text)], lock: true)
        close(state.descriptor)
        state.descriptor = descriptor
        state.length = text.utf8.count
        state.lines = entries.count
    }

    // MARK: - Files

    private static func place(of path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private static func bytes(of entries: [Entry]) -> [UInt8] {
        Array(entries.map { $0.document.text + "\n" }.joined().utf8)
    }

    private static func open(_ path: String) throws(SessionError) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw SystemCallFailure.now.error(.cannotCreate, "open", path)
        }
        // A journal whose name is lost with the machine is no journal.
        let directory = Glibc.open(self.place(of: path).directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        fsync(directory)
        close(directory)
        return descriptor
    }

    private static func read(_ descriptor: Int32, _ path: String) throws(SessionError) -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SessionError(.data, "\(path): expected a regular file")
        }
        guard status.st_size <= self.largestSize else {
            throw SessionError(.data, "\(path): larger than \(self.largestSize) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let result = bytes.withUnsafeMutableBytes {
                let rest = UnsafeMutableRawBufferPointer(rebasing: $0.dropFirst(count))
                return pread(descriptor, rest.baseAddress, rest.count, off_t(count))
            }
            if result == 0 { break }
            guard result > 0 || errno == EINTR else {
                throw SystemCallFailure.now.error(.noInput, "read", path)
            }
            count += max(0, result)
        }
        return Array(bytes.prefix(count))
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) -> Bool {
        var count = 0
        while count < bytes.count {
            let result = bytes.withUnsafeBytes {
                let rest = UnsafeRawBufferPointer(rebasing: $0.dropFirst(count))
                return pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + count))
            }
            if result > 0 {
                count += result
            } else if result == 0 || errno != EINTR {
                return false
            }
        }
        return true
    }
}
