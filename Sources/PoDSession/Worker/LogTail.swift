import Glibc

/// The last lines of a log, fit to be shown and sent.
public enum LogTail {
    /// What is read of the end of a file at most, in bytes.
    public static let mostBytes = 256 << 10
    /// What is shown of a line at most, in characters.
    public static let longestLine = 500

    /// The last lines of a daemon's log, with those before it was rotated where they are needed.
    ///
    /// - Parameters:
    ///   - path: The log, without the suffix of a rotated part.
    ///   - count: How many lines at most.
    ///   - size: How many bytes they may have together, in UTF-8, with quotes and backslashes counted twice, as they
    ///     are sent.
    /// - Returns: The lines, the newest last; none when there is no log. Control characters and what is not UTF-8 are
    ///   shown as `\u{…}` or `�`, long lines are cut.
    public static func lines(of path: String, last count: Int, mostBytes size: Int = Self.mostBytes) -> [String] {
        var lines: [String] = []
        for part in DaemonLog.parts(of: path).reversed() where lines.count < count {
            lines = Self.lines(ofFile: part, last: count - lines.count) + lines
        }
        var left = size
        let kept = lines.reversed().prefix { line in
            left -= line.utf8.count + line.utf8.count { self.isEscaped($0) } + 1
            return left >= 0
        }
        return kept.reversed()
    }

    private static func isEscaped(_ byte: UInt8) -> Bool { [UInt8(ascii: "\""), UInt8(ascii: "\\")].contains(byte) }

    private static func lines(ofFile path: String, last count: Int) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
        let start = max(0, Int(status.st_size) - self.mostBytes)
        var bytes = [UInt8](repeating: 0, count: self.mostBytes)
        let read = max(0, pread(descriptor, &bytes, bytes.count, off_t(start)))
        var text = bytes.prefix(read)
        // The first line is the rest of one, unless the file begins there.
        if start > 0 {
            text = text[(text.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? text.startIndex)...]
        }
        return text.split(separator: UInt8(ascii: "\n")).suffix(max(0, count)).map(self.printable)
    }

    private static func printable(_ line: ArraySlice<UInt8>) -> String {
        // A character has four bytes at most.
        let text = String(decoding: line.prefix(self.longestLine * 4), as: UTF8.self)
        var (result, count) = ("", 0)
        for scalar in text.unicodeScalars {
            guard count < self.longestLine else { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control where scalar == "\t": result += " "
            // A carriage return at the end is a line end of others.
            case .control where scalar == "\r" && count + 1 >= text.unicodeScalars.count: break
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                result += scalar.escaped(asASCII: true)
            default: result.unicodeScalars.append(scalar)
            }
            count += 1
        }
        return line.count > self.longestLine * 4 ? result + "…" : result
    }
}
