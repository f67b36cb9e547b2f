import Foundation

/// How much memory a daemon may take: the least of what bounds it, less a tenth for what is not the daemon's own.
public enum MemoryLimit {
    /// The least limit that stands in a daemon's way, times 0.9.
    ///
    /// - Parameters:
    ///   - job: What the job was given for this daemon, in bytes; `nil` when nobody said.
    ///   - cgroups: The limits of the control groups around this process, in bytes.
    /// - Returns: Bytes; `nil` when nothing is known.
    public static func daemon(job: UInt64?, cgroups: [UInt64]) -> UInt64? {
        let limits = cgroups + (job.map { [$0] } ?? [])
        // Divided first, so that nothing overflows: 10 bytes at most are lost.
        return limits.filter { $0 > 0 }.min().map { $0 / 10 * 9 }
    }

    /// The files that may hold a limit, from the text of `/proc/self/cgroup`: of the process's own control group and of
    /// all above it, for a limit binds whatever is below.
    ///
    /// Each line is `number:controllers:path`, with no controllers in version 2 (cgroups(7)). In a container the path
    /// may be one that can't be seen there; the container's own group then stands at the top.
    public static func cgroupFiles(of text: String) -> [String] {
        text.split(separator: "\n").flatMap { line -> [String] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, fields[2].hasPrefix("/") else { return [] }
            var steps = fields[2].split(separator: "/")
            guard !steps.contains("..") else { return [] }
            let (root, file): (String, String)
            switch fields[1].split(separator: ",") {
            case []: (root, file) = ("/sys/fs/cgroup", "memory.max")
            case let controllers where controllers.contains("memory"):
                (root, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            default: return []
            }
            var files = ["\(root)/\((steps + [Substring(file)]).joined(separator: "/"))"]
            while steps.popLast() != nil {
                files.append("\(root)/\((steps + [Substring(file)]).joined(separator: "/"))")
            }
            return files
        }
    }

    /// The limit in the text of `memory.max` or `memory.limit_in_bytes`.
    ///
    /// - Returns: Bytes; `nil` for none: `max` in version 2, 2^63 less a page in version 1.
    public static func bytes(in text: String) -> UInt64? {
        guard let line = text.split(whereSeparator: \.isNewline).first, let bytes = UInt64(line), bytes < 1 << 60 else {
            return nil
        }
        return bytes
    }

    /// The limits of the control groups around this process, in bytes.
    static func ofThisProcess() -> [UInt64] {
        guard let groups = self.text(of: "/proc/self/cgroup") else { return [] }
        return self.cgroupFiles(of: groups).compactMap { self.text(of: $0).flatMap(self.bytes) }
    }

    private static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).flatMap { String(data: $0, encoding: .utf8) }
    }
}
