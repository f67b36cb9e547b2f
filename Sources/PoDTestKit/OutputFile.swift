import Foundation

/// Where a child process writes: a file without a name, so that a child whose output nobody reads never blocks, and
/// that no descendant's open end keeps from being read to its end.
struct OutputFile: ~Copyable {
    let descriptor: Int32
    private var offset: off_t = 0
    private var unread: [UInt8] = []

    init() throws(TestKitError) {
        var path = Array("\(NSTemporaryDirectory())/pod-output-XXXXXX".utf8CString)
        self.descriptor = mkstemp(&path)
        guard self.descriptor >= 0 else {
            throw TestKitError("no file for a child's output: \(String(cString: strerror(errno)))")
        }
        unlink(path)
        _ = fcntl(self.descriptor, F_SETFL, O_APPEND)
        _ = fcntl(self.descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        if self.descriptor >= 0 {
            close(self.descriptor)
        }
    }

    /// The next line without its end.
    ///
    /// - Parameter isComplete: Whether no more will be written, so that a last line without a line end counts.
    mutating func nextLine(isComplete: Bool) -> String? {
        if !self.unread.contains(UInt8(ascii: "\n")) {
            self.readMore()
        }
        guard let end = self.unread.firstIndex(of: UInt8(ascii: "\n")) else {
            guard isComplete, !self.unread.isEmpty else { return nil }
            defer { self.unread = [] }
            return String(decoding: self.unread, as: UTF8.self)
        }
        defer { self.unread.removeFirst(end + 1) }
        return String(decoding: self.unread[..<end], as: UTF8.self)
    }

    /// All that was written until now and not read as a line.
    mutating func rest() -> String {
        self.readMore()
        return String(decoding: self.unread, as: UTF8.self)
    }

    private mutating func readMore() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = pread(self.descriptor, &buffer, buffer.count, self.offset)
            guard count > 0 else { return }
            self.unread += buffer[..<count]
            self.offset += off_t(count)
        }
    }
}
