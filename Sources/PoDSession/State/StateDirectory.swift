import Glibc
import PoDCore
public import PoDRecipes
public import PoDRendezvous
public import PoDTickets
import Synchronization

/// What a master has to know when it is started again: `--state-directory`, described in `docs/state-directory.md`.
///
/// One master at a time: the directory is locked (`flock`) while this value lives, and the kernel lets go of the lock
/// whatever kills its holder. Every file but the journal is replaced whole, so that it is there as it was before or as
/// it should be, whatever happens in between.
public final class StateDirectory: Sendable {
    /// Absolute.
    public let path: String
    private let lock: DirectoryLock
    private let files: Mutex<PrivateDirectory>

    static let keyFile = "session-key.pem"
    private static let ticketFile = "ticket"
    private static let revokedFile = "revoked"
    private static let masterFile = "master.json"
    private static let authorityFile = "authority.json"
    private static let journalFile = "leases.jsonl"

    /// Makes the directory where it is not there, and locks it.
    ///
    /// - Throws: ``SessionError`` with ``ExitStatus/temporary`` and the other's process id while another master has it;
    ///   with ``ExitStatus/noPermission`` when it is not ours alone; with ``ExitStatus/cannotCreate`` when it can't be
    ///   made or written.
    public init(path: String) throws(SessionError) {
        let path = try Self.absolute(path)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw SystemCallFailure.now.error(.cannotCreate, "make state directory", path)
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw SystemCallFailure.now.error(.cannotCreate, "look at state directory", path)
        }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw SessionError(
                .noPermission,
                "state directory \(ValueError.quoted(path)): must be a directory of this user's with mode 0700")
        }
        self.path = path
        self.lock = try DirectoryLock(directory: path, name: "state directory", user: "master")
        do {
            self.files = Mutex(try PrivateDirectory(path: path))
        } catch {
            throw SessionError(error.status, error.description)
        }
    }

    /// Whether this master is still the one that may grant. The lock is lost with the directory, or its lock file, being
    /// removed or replaced: then another master can have locked what stands there now.
    public var isStillOurs: Bool { self.lock.isHeld }

    // MARK: - What it holds

    /// The session's key, made on first use.
    public func sessionKey() throws(SessionError) -> SigningKey {
        let path = "\(self.path)/\(Self.keyFile)"
        do throws(TicketError) {
            do throws(TicketError) {
                return try SigningKeyFile.read(path)
            } catch  where error.code == .keyFileNotReadable && access(path, F_OK) != 0 && errno == ENOENT {
                let key = try SigningKey()
                // Under another name first: half a key would be in the way at each start.
                unlink("\(path).new")
                try SigningKeyFile.create("\(path).new", key)
                guard rename("\(path).new", path) == 0 else {
                    let failure = SystemCallFailure.now.error(.cannotCreate, "write", path)
                    throw TicketError(.keyFileNotWritable, failure.description)
                }
                return key
            }
        } catch {
            throw SessionError(error.status, error.description)
        }
    }

    /// Where the session's ticket stands, or will.
    public var ticketPath: String { "\(self.path)/\(Self.ticketFile)" }

    /// The session's ticket; `nil` where none was put there.
    public func sessionTicket() throws(SessionError) -> SessionTicket? {
        guard access(self.ticketPath, F_OK) == 0 || errno != ENOENT else { return nil }
        let text = try RenewedFile.ticket(self.ticketPath)
        do throws(SessionError) {
            return try SessionTicket(text, key: try self.sessionKey())
        } catch {
            throw SessionError(error.status, "\(self.ticketPath): \(error)")
        }
    }

    /// Puts a ticket there, for the key that is there.
    public func store(_ ticket: TicketChain) throws(SessionError) {
        try self.write([(Self.ticketFile, "\(ticket)\n")])
    }

    /// Puts a list of keys there that count no more, by their thumbprints: the file `revoked`.
    public func store(revoked thumbprints: [String]) throws(SessionError) {
        try self.write([(Self.revokedFile, thumbprints.map { "\($0)\n" }.joined())])
    }

    /// The ports of a master: who comes back to a next one finds it, and its head daemon, where they were.
    public struct Ports: Hashable, Sendable {
        /// `nil` where there is none, or none yet; so are the others.
        public var control: UInt16?
        public var head: UInt16?
        public var dashboard: UInt16?

        public init(control: UInt16? = nil, head: UInt16? = nil, dashboard: UInt16? = nil) {
            self.control = control
            self.head = head
            self.dashboard = dashboard
        }
    }

    /// The ports that were used last.
    public func lastPorts() throws(SessionError) -> Ports {
        try self.record().ports
    }

    /// Keeps the ports for the next start.
    public func store(_ ports: Ports) throws(SessionError) {
        var record = try self.record()
        guard record.ports != ports else { return }
        record.ports = ports
        try self.write([(Self.masterFile, record.text)])
    }

    /// The epoch of a master that starts now: above every one before, also where the clock was set back. It is stored
    /// before it is returned, so that none is used twice.
    public func nextEpoch(
        millisecondsSince1970: Int64 = MonotonicClock.millisecondsSince1970
    ) throws(SessionError) -> UInt64 {
        var record = try self.record()
        guard record.epoch < .max else {
            throw SessionError(.data, "\(self.path)/\(Self.masterFile): there is no epoch after \(record.epoch)")
        }
        record.epoch = max(UInt64(clamping: millisecondsSince1970), record.epoch + 1)
        try self.write([(Self.masterFile, record.text)])
        return record.epoch
    }

    /// The files of the session's authority; `nil` before the first ``store(authority:)``.
    public func authority() throws(SessionError) -> [DaemonFile]? {
        try Self.authority(in: self.path)
    }

    /// The same, for whoever has the directory and not its lock.
    static func authority(in directory: String) throws(SessionError) -> [DaemonFile]? {
        let path = "\(directory)/\(Self.authorityFile)"
        guard let document = try Self.document(path) else { return nil }
        var files: [DaemonFile] = []
        for file in document["files"]?.array ?? [] {
            guard let name = file["name"]?.string, let text = file["text"]?.string else {
                throw SessionError(.data, "\(path): expected name and text of each file")
            }
            files.append(DaemonFile(name: name, text: text))
        }
        return files
    }

    /// Keeps the files of the session's authority, all in one, for a certificate is worth nothing with another's key.
    public func store(authority files: [DaemonFile]) throws(SessionError) {
        let elements = files.map { file in
            JSONValue.object([
                .init(name: "name", value: .string(file.name)), .init(name: "text", value: .string(file.text)),
            ])
        }
        let document = JSONValue.object([.init(name: "files", value: .array(elements))])
        try self.write([(Self.authorityFile, document.text + "\n")])
    }

    /// Opens the journal of leases.
    public func journal() throws(SessionError) -> LeaseJournal {
        try LeaseJournal(path: "\(self.path)/\(Self.journalFile)")
    }

    // MARK: - Files

    /// What `master.json` says.
    private struct Record {
        var epoch: UInt64 = 0
        var ports = Ports()

        /// The epoch is a string: readers of JSON may have doubles only.
        var text: String {
            let ports = Self.portNames.compactMap { name, port in
                self.ports[keyPath: port].map { JSONValue.Member(name: name, value: .integer(Int64($0))) }
            }
            return JSONValue.object([.init(name: "epoch", value: .string(String(self.epoch)))] + ports).text + "\n"
        }

        init() {}

        /// `nil` without an epoch.
        init?(document: JSONValue) {
            guard let epoch = document["epoch"]?.string.flatMap({ UInt64($0) }) else { return nil }
            self.epoch = epoch
            for (name, port) in Self.portNames {
                self.ports[keyPath: port] = document[name]?.integer.flatMap { UInt16(exactly: $0) }
            }
        }

        private static var portNames: [(String, WritableKeyPath<Ports, UInt16?>)] {
            [("port", \.control), ("headPort", \.head), ("dashboardPort", \.dashboard)]
        }
    }

    private func record() throws(SessionError) -> Record {
        guard let document = try Self.document("\(self.path)/\(Self.masterFile)") else { return Record() }
        // An epoch that is guessed could be one that was used: what is damaged is for the user to decide.
        guard let record = Record(document: document) else {
            throw SessionError(.data, "\(self.path)/\(Self.masterFile): expected an epoch, a number in a string")
        }
        return record
    }

    /// - Returns: `nil` where there is no such file.
    private static func document(_ path: String) throws(SessionError) -> JSONValue? {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return nil }
        do {
            return try JSONValue(parsing: try SmallFile.read(path))
        } catch let error as RendezvousError {
            throw SessionError(error.status, error.description)
        } catch {
            throw SessionError(.data, "\(path): \(error)")
        }
    }

    private func write(_ files: [(name: String, text: String)]) throws(SessionError) {
        do throws(RendezvousError) {
            try self.files.withLock { (directory) throws(RendezvousError) in
                _ = try directory.replace(files)
            }
        } catch {
            throw SessionError(error.status, error.description)
        }
    }

    /// The daemon may change its working directory; the master's state stays where it is.
    private static func absolute(_ path: String) throws(SessionError) -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw SessionError(.usage, "state directory: expected a path, found \(ValueError.quoted(path))")
        }
        var end = path[...]
        while end.count > 1, end.hasSuffix("/") {
            end.removeLast()
        }
        guard !end.hasPrefix("/") else { return String(end) }
        guard let here = getcwd(nil, 0) else {
            throw SystemCallFailure.now.error(.noInput, "find the working directory for", path)
        }
        defer { free(here) }
        return "\(String(cString: here))/\(end)"
    }
}
