import ApMon
import Glibc
import PoDCore

/// Files with a datagram or its JSON; `-` stands for standard input and output.
enum DatagramFile {
    /// A file that can't be read or written: one line that names it.
    struct Failure: Error, CustomStringConvertible {
        let status: ExitStatus
        let description: String
    }

    /// The most that is read, in bytes: a datagram has at most 65,507, its JSON some times as many.
    private static let largestSize = 1 << 20

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(.noInput, path) }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure(.noInput, path)
            }
            guard count > 0 else { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= Self.largestSize else {
                throw Failure(
                    status: .noInput, description: "\(path): larger than \(Self.largestSize) bytes, no datagram")
            }
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let descriptor = path == "-" ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(.cannotCreate, path) }
        defer { if path != "-" { close(descriptor) } }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure(.cannotCreate, path)
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func failure(_ status: ExitStatus, _ path: String) -> Failure {
        Failure(status: status, description: "\(path): \(String(cString: strerror(errno)))")
    }
}
