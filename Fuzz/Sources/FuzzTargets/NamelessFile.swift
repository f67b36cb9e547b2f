import Glibc

/// A file that is in no directory, for readers that take a path.
struct NamelessFile {
    private let descriptor: Int32
    let path: String

    static let shared = NamelessFile()

    private init() {
        var name = Array("/tmp/alien-pod-fuzz-XXXXXX".utf8CString)
        self.descriptor = mkstemp(&name)
        unlink(name)
        self.path = "/proc/self/fd/\(self.descriptor)"
    }

    func write(_ bytes: [UInt8]) {
        Promise.holds(
            ftruncate(self.descriptor, 0) == 0 && pwrite(self.descriptor, bytes, bytes.count, 0) == bytes.count,
            "there is a file to read")
    }
}
