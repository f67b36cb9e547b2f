public import PoDCore

/// What is sourced before a daemon starts: `--setup COMMAND|FILE`, the site's or the user's own, never the network's.
///
/// It is sourced by bash, for ROOT's `thisroot.sh` and most of what sites have is written for that. It sees no
/// arguments, and its last command must succeed, or the daemon isn't started.
public enum DaemonSetup: Hashable, Sendable {
    /// A file, by its absolute path.
    case file(String)
    /// Commands.
    case command(String)

    /// Reads what stands after `--setup`.
    ///
    /// - Parameters:
    ///   - text: The path of a file that exists, else commands.
    ///   - currentDirectory: Where a relative path starts.
    ///   - isFile: Whether a file stands at a path.
    public init(
        parsing text: String, currentDirectory: String, isFile: (_ path: String) -> Bool
    ) throws(ValueError) {
        guard !text.utf8.allSatisfy({ $0 == 0x20 }), !text.utf8.contains(0) else {
            throw ValueError("--setup", found: text, expected: "a file or a command")
        }
        let path = text.hasPrefix("/") ? text : "\(currentDirectory)/\(text)"
        self = isFile(path) ? .file(path) : .command(text)
    }

    /// The command that sources this and then becomes `command`.
    ///
    /// The texts are arguments and never part of a script, so that nothing in them needs quoting.
    func wrap(_ command: [String]) -> [String] {
        switch self {
        case .file(let path):
            ["/bin/bash", "-c", Self.script(running: ". \"$alien_pod_setup\""), "setup", path] + command
        case .command(let text):
            ["/bin/bash", "-c", Self.script(running: "eval \"$alien_pod_setup\""), "setup", text] + command
        }
    }

    /// The setup sees no arguments: scripts such as conda's would take the daemon's for theirs.
    private static func script(running setup: String) -> String {
        """
        alien_pod_setup=$1; shift; alien_pod_daemon=("$@"); set --
        \(setup) || { echo "setup: $alien_pod_setup: ended with $?" >&2; exit \(ExitStatus.configuration.rawValue); }
        exec "${alien_pod_daemon[@]}"
        """
    }
}
