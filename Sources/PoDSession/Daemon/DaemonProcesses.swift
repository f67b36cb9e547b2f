import Glibc
import PoDCore
import PoDRecipes

/// The processes of one daemon, wherever they went: its process group, what its members started, and whoever has the
/// daemon's mark in the environment.
///
/// The mark finds what forked away: a process that made a session of its own and whose parent has ended is in no group
/// and below no process of ours, but has the environment it was started with. (One that clears its environment as well
/// gets away when its parent ends first.)
struct DaemonProcesses: Sendable {
    /// The environment variable of the mark; its value is random, another for each start of a daemon.
    static let variable = "ALIEN_POD_DAEMON"

    /// The id of the group, which is that of its leader.
    let group: Int32
    let mark: String

    static func newMark() -> String {
        let high = UInt64.random(in: 0 ... .max)
        let low = UInt64.random(in: 0 ... .max)
        return String(high, radix: 16) + "-" + String(low, radix: 16)
    }

    /// Whether the group's leader has ended; nobody has waited for it yet, so that its id is not another's.
    var hasLeaderEnded: Bool {
        var information = siginfo_t()
        let result = waitid(P_PID, id_t(self.group), &information, WEXITED | WNOHANG | WNOWAIT)
        return result == 0 ? information.si_signo == SIGCHLD : errno == ECHILD
    }

    /// Kills them all. To be called before somebody waits for the leader, whose id could be another's after that.
    func killAll() async {
        // Who forks meanwhile is found in the next round. A process that can't die now, for it waits for a disk, will.
        for _ in 0..<50 {
            // Found before their parents die.
            let strays = self.strays()
            kill(-self.group, SIGKILL)
            strays.forEach { kill($0, SIGKILL) }
            guard !strays.isEmpty else { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Living processes outside the group.
    private func strays() -> [Int32] {
        let mark = Array("\(Self.variable)=\(self.mark)".utf8)
        let entries = ProcessEntry.all()
        let children = Dictionary(grouping: entries, by: \.parentID)
        var found: Set<Int32> = []
        var next = entries.filter { $0.groupID == self.group || Self.environment(of: $0.processID).contains(mark) }
        while let entry = next.popLast() {
            if found.insert(entry.processID).inserted {
                next += children[entry.processID] ?? []
            }
        }
        return entries.filter { found.contains($0.processID) && $0.groupID != self.group && !$0.isZombie }
            .map(\.processID)
    }

    /// The variables that a process was started with; none where we may not look.
    private static func environment(of process: Int32) -> Set<[UInt8]> {
        let descriptor = open("/proc/\(process)/environ", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        // The kernel's own limit is far below.
        while bytes.count < 8 << 20 {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return Set(bytes.split(separator: 0).map(Array.init))
    }
}
