import Glibc
import PoDCore

/// Files that are read whole.
public enum SmallFile {
    /// The largest that is read, in bytes.
    public static let largestSize = 1 << 20

    /// - Throws: ``RendezvousError`` with ``ExitStatus/noInput`` when it can't be opened, with ``ExitStatus/data`` when
    ///   it is larger than ``largestSize``.
    public static func read(_ path: String) throws(RendezvousError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw SystemCallFailure.now.error(.noInput, "open", path)
        }
        defer { close(descriptor) }
        return try self.read(descriptor, path)
    }

    static func read(_ descriptor: Int32, _ path: String) throws(RendezvousError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 {
                return bytes
            }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw SystemCallFailure.now.error(.noInput, "read", path)
            }
            guard bytes.count &+ count <= self.largestSize else {
                throw RendezvousError(.data, "\(path): larger than \(self.largestSize) bytes")
            }
            bytes.append(contentsOf: chunk.prefix(count))
        }
    }
}
