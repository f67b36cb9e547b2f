import Glibc
import PoDCore
import PoDRendezvous

/// Where admin sockets lie: the path of a Unix socket ends at 108 bytes, so a session's own directory may be too deep.
public enum AdminSocketDirectory {
    /// The longest path, in bytes: `sun_path` of unix(7) has 108 with the zero.
    package static let longestPath = 107

    /// The user's directory for such things, else one below `/tmp`.
    public static var candidates: [String] {
        let runtime = getenv("XDG_RUNTIME_DIR").map { "\(String(cString: $0))/alien-pod" }
        return (runtime.map { [$0] } ?? []) + ["/tmp/alien-pod-\(geteuid())"]
    }

    /// The socket's path, in the first of the directories that is ours alone and short enough; else in a new one below
    /// `/tmp`, for anybody can put something in the place of those.
    package static func path(for identity: String, in directories: [String]) throws(SessionError) -> String {
        let name = "\(self.name(of: identity)).sock"
        for directory in directories {
            let path = "\(directory)/\(name)"
            if path.utf8.count <= self.longestPath, self.makePrivate(directory) {
                return path
            }
        }
        var template = Array("/tmp/alien-pod-XXXXXX".utf8CString)
        guard let directory = mkdtemp(&template) else {
            throw SystemCallFailure.now.error(.cannotCreate, "make a directory for the admin socket below", "/tmp")
        }
        return "\(String(cString: directory))/\(name)"
    }

    private static func makePrivate(_ directory: String) -> Bool {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { return false }
        var status = stat()
        // Not through a link: who made it can let it point elsewhere later.
        return lstat(directory, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            && status.st_uid == geteuid() && status.st_mode & 0o077 == 0
    }

    /// FNV-1a in 64 bits: the same for a session each time, so that what a killed master left is found and removed.
    private static func name(of identity: String) -> String {
        let hash = identity.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 36)
    }
}
