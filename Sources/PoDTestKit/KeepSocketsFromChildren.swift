import Foundation
import Glibc

/// Sees to it that a child which is started next has no copy of a socket of this process.
///
/// An exit test is given what has a lower number than its own pipe, and NIO does not mark its sockets. A connection that
/// is closed here stays open as long as such a child lives, and a port stays taken, in whichever test they are.
public func keepSocketsFromChildren() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
        var status = stat()
        guard let descriptor = Int32(name), fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            continue
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
}
