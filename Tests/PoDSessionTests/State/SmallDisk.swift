import Foundation
import PoDTestKit

/// A file system that is soon full: a tmpfs, which only root can mount.
enum SmallDisk {
    static let isAvailable: Bool = (try? SmallDisk.with(bytes: 65536) { _ in }) != nil

    /// Runs `body` with the path of its root, mode 0700.
    static func with(bytes: Int, _ body: (String) throws -> Void) throws {
        try TemporaryDirectory.with { directory in
            let path = directory.path
            guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes),mode=0700") == 0 else {
                throw TestKitError("no tmpfs can be mounted: \(String(cString: strerror(errno)))")
            }
            defer { umount2(path, Int32(MNT_DETACH)) }
            try body(path)
        }
    }

    /// Fills it to the last byte but `left`; the file can be removed to make room again.
    static func fill(_ path: String, butFor left: Int = 0) throws {
        let descriptor = open("\(path)/filler", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let page = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, page, page.count) > 0 {}
        guard errno == ENOSPC else {
            throw TestKitError("the disk does not fill: \(String(cString: strerror(errno)))")
        }
        ftruncate(descriptor, lseek(descriptor, 0, SEEK_END) - off_t(left))
    }
}
