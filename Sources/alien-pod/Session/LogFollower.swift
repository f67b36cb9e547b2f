import Foundation

/// Reads a log as it grows.
struct LogFollower {
    private let path: String
    private var offset: UInt64 = 0
    /// The beginning of a line whose end is not there yet.
    private var rest = Data()

    init(_ path: String) {
        self.path = path
    }

    /// The lines that are complete since the last call.
    mutating func newLines() -> [String] {
        guard let file = FileHandle(forReadingAtPath: self.path) else { return [] }
        defer { try? file.close() }
        guard (try? file.seek(toOffset: self.offset)) != nil, let data = try? file.readToEnd() else { return [] }
        self.offset += UInt64(data.count)
        var lines = (self.rest + data).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        self.rest = lines.removeLast()
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }
}
