import Glibc
import PoDCore
import PoDRendezvous
import Synchronization

/// A daemon's output in files that can't fill the disk: the first part, which tells how it started, and the last two
/// are kept, what is between is left out.
///
/// Parts: `NAME.first`, `NAME.1` and `NAME`, the newest. What can't be written, such as on a full disk, is left out too:
/// the daemon must not stand still for its log.
package final class DaemonLog: Sendable {
    /// Of one part, in bytes.
    package static let largestPart = 4 << 20

    private struct State {
        var descriptor: Int32
        var size: Int
    }

    private let path: String
    private let largestPart: Int
    private let state: Mutex<State>

    /// The files of a log, the oldest first, whether they are there or not.
    package static func parts(of path: String) -> [String] { ["\(path).first", "\(path).1", path] }

    /// Opens it; a daemon that is started again goes on in the same log.
    ///
    /// - Throws: ``SessionError`` when it can't be opened.
    package init(path: String, largestPart: Int = DaemonLog.largestPart) throws(SessionError) {
        self.path = path
        self.largestPart = largestPart
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw SystemCallFailure.now.error(.cannotCreate, "open log", path)
        }
        self.state = Mutex(State(descriptor: descriptor, size: Int(status.st_size)))
    }

    deinit {
        self.state.withLock { _ = close($0.descriptor) }
    }

    /// Adds a line. One that is longer than a part is cut.
    package func append(_ line: String) {
        self.append([line])
    }

    /// Adds lines, with few writes: a daemon that prints much must not wait for each.
    package func append(_ lines: [String]) {
        self.state.withLock { state in
            var bytes: [UInt8] = []
            for line in lines {
                let text = line.utf8.count < self.largestPart ? line : String(line.prefix(self.largestPart / 4))
                let size = state.size + bytes.count
                if size + text.utf8.count + 1 > self.largestPart, size > 0 {
                    Self.write(&bytes, &state)
                    if state.size > 0 {
                        self.rotate(&state)
                    }
                }
                bytes += text.utf8
                bytes.append(UInt8(ascii: "\n"))
            }
            Self.write(&bytes, &state)
        }
    }

    private static func write(_ bytes: inout [UInt8], _ state: inout State) {
        let count = Glibc.write(state.descriptor, bytes, bytes.count)
        if count > 0 {
            state.size += count
        }
        bytes.removeAll(keepingCapacity: true)
    }

    private func rotate(_ state: inout State) {
        let first = "\(self.path).first"
        let older = access(first, F_OK) == 0 ? "\(self.path).1" : first
        guard rename(self.path, older) == 0 else {
            // Better the last lines than a file that grows.
            _ = ftruncate(state.descriptor, 0)
            state.size = 0
            return
        }
        let descriptor = open(self.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            // The name is lost, so there is no file to go on in; its lines are in the part before.
            _ = ftruncate(state.descriptor, 0)
            state.size = 0
            return
        }
        close(state.descriptor)
        state = State(descriptor: descriptor, size: 0)
    }
}
