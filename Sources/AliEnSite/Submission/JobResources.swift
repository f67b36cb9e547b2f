import PoDCore
import PoDRendezvous

/// What a user wants of a backend for a job.
package struct JobResources: Hashable, Sendable {
    /// Partition, queue or CE.
    package var queue: String?
    package var account: String?
    /// 1 or more.
    package var cores: Int?
    /// MiB for one job.
    package var memory: Int?
    /// Seconds after which the backend ends the job.
    package var time: Int?
    /// Lines in the backend's own language: what stands behind `#SBATCH`, a line of a submit description, a JDL attribute.
    package var directives: [String] = []
    /// Shell commands that come before ours.
    package var prologue: String?
    /// Where `alien-pod` is installed on the nodes: the directory above its `bin`.
    package var home: String?

    package init() {}

    /// Reads the shell commands of a file.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/noInput``.
    package static func prologue(inFile path: String) throws(SiteError) -> String {
        do throws(RendezvousError) {
            return String(decoding: try SmallFile.read(path), as: UTF8.self)
        } catch {
            throw SiteError(error.status, error.description)
        }
    }

    /// The same, and from another what is not said here.
    package func filled(from other: JobResources) -> JobResources {
        var filled = self
        filled.queue = self.queue ?? other.queue
        filled.account = self.account ?? other.account
        filled.cores = self.cores ?? other.cores
        filled.memory = self.memory ?? other.memory
        filled.time = self.time ?? other.time
        filled.directives = other.directives + self.directives
        filled.prologue = self.prologue ?? other.prologue
        filled.home = self.home ?? other.home
        return filled
    }

    /// - Throws: ``SiteError`` with ``ExitStatus/usage`` for a word that would not stay in its place in a script or
    ///   submit description.
    package func check() throws(SiteError) {
        for (name, value) in [("--queue", self.queue), ("--account", self.account)] {
            if let value, value.isEmpty || !value.utf8.allSatisfy(Self.isWord) {
                throw SiteError(.usage, "\(name): expected letters, digits and any of _.:@+-, found \(value.quoted)")
            }
        }
        for (name, value, range) in [
            ("--cores", self.cores, 1...4096), ("--memory", self.memory, 1...(1 << 30)),
            ("--time", self.time, 60...Self.longestTime),
        ] {
            if let value, !range.contains(value) {
                throw SiteError(
                    .usage, "\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
            }
        }
        for directive in self.directives where directive.isEmpty || directive.utf8.contains(where: Self.isControl) {
            throw SiteError(
                .usage, "--directive: expected one line without control characters, found \(directive.quoted)")
        }
        if let home, !home.hasPrefix("/") || home.utf8.contains(where: Self.isControl) {
            throw SiteError(.usage, "--home: expected an absolute path, found \(home.quoted)")
        }
        if let prologue, prologue.utf8.contains(0) {
            throw SiteError(.data, "--prologue: expected a shell script, found a zero byte in it")
        }
    }

    /// A year, in seconds.
    package static let longestTime = 31_536_000

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "_.:@+-".utf8.contains(byte)
        }
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
}
