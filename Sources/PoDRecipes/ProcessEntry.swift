import Glibc

/// One process, as `/proc/PID/stat` tells (proc_pid_stat(5)).
package struct ProcessEntry: Hashable, Sendable {
    package let processID: Int32
    package let parentID: Int32
    package let groupID: Int32
    /// Of setsid(2); not a session of ours.
    package let sessionID: Int32
    /// When it started, in clock ticks since the machine did: with the process id, a name that no other has.
    package let startTicks: UInt64
    /// User and system time with that of children waited for, in clock ticks.
    package let processorTicks: Int64
    package let residentPages: Int64
    /// It has ended, and nobody has waited for it.
    package let isZombie: Bool

    /// Reads the file's line; `nil` when it is not one.
    ///
    /// The second field is the program's name in parentheses, which may hold spaces and parentheses itself: what counts
    /// is the last one.
    package init?(parsing line: String) {
        guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), open < close,
            let processID = Int32(line[..<open].filter { $0 != " " })
        else {
            return nil
        }
        // From field 3, the state, on.
        let fields = line[line.index(after: close)...].split(separator: " ")
        guard fields.count > 21, let parentID = Int32(fields[1]), let groupID = Int32(fields[2]),
            let sessionID = Int32(fields[3]), let startTicks = UInt64(fields[19]), let residentPages = Int64(fields[21])
        else {
            return nil
        }
        let ticks = fields[11...14].compactMap { Int64($0) }
        guard ticks.count == 4 else { return nil }
        self.processID = processID
        self.parentID = parentID
        self.groupID = groupID
        self.sessionID = sessionID
        self.startTicks = startTicks
        self.processorTicks = ticks.reduce(0, &+)
        self.residentPages = residentPages
        self.isZombie = ["Z", "X"].contains(fields[0])
    }

    /// The process with this id; `nil` where there is none.
    package init?(processID: Int32) {
        guard let line = Self.read("/proc/\(processID)/stat") else { return nil }
        self.init(parsing: line)
    }

    /// All processes of this machine; one that ends meanwhile is left out.
    package static func all() -> [ProcessEntry] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var entries: [ProcessEntry] = []
        while let item = readdir(directory) {
            let name = withUnsafeBytes(of: item.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let id = Int32(name), let entry = ProcessEntry(processID: id) {
                entries.append(entry)
            }
        }
        return entries
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
