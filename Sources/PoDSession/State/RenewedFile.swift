import Glibc
import PoDCore
import PoDRendezvous

/// A small file that others may replace while we run, and that is read again then.
struct RenewedFile: Sendable {
    let path: String
    private var seen: Stamp?

    private struct Stamp: Hashable {
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
    }

    init(_ path: String) {
        self.path = path
    }

    /// Whether the file is another than when this was asked last; `false` where there is none.
    mutating func hasChanged() -> Bool {
        var status = stat()
        guard stat(self.path, &status) == 0 else { return false }
        let stamp = Stamp(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: Int(status.st_mtim.tv_sec),
            nanoseconds: Int(status.st_mtim.tv_nsec))
        guard stamp != self.seen else { return false }
        self.seen = stamp
        return true
    }

    /// Reads a ticket: one line.
    static func ticket(_ path: String) throws(SessionError) -> String {
        do throws(RendezvousError) {
            return Self.trimmed(try SmallFile.read(path))
        } catch {
            throw SessionError(error.status, error.description)
        }
    }

    private static func trimmed(_ bytes: [UInt8]) -> String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        let text = bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        return String(decoding: text, as: UTF8.self)
    }
}
