import Glibc
import PoDCore

/// A file with a secret: readable by its owner alone.
public enum PrivateFile {
    /// - Parameters:
    ///   - what: What it is, for messages, such as `key file`.
    ///   - most: More bytes than so many are not read; a caller that asks for one more than fits sees that it is too
    ///     long.
    /// - Throws: ``TicketError`` with ``TicketError/Code/keyFileNotPrivate`` when the file is not ours or others have
    ///   any right to it: a key that others could read is nobody's any more.
    public static func read(_ path: String, _ what: String, most: Int) throws(TicketError) -> [UInt8] {
        try self.checkPath(path, what)
        // What is no regular file, such as a pipe, must not block.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw Self.failure(.keyFileNotReadable, "can't open", path, what)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw Self.failure(.keyFileNotReadable, "can't look at", path, what)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TicketError(.keyFileNotReadable, "\(what) \(ValueError.quoted(path)): expected a regular file")
        }
        guard status.st_uid == geteuid() else {
            throw TicketError(.keyFileNotPrivate, "\(what) \(ValueError.quoted(path)): must belong to this user")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw TicketError(
                .keyFileNotPrivate,
                "\(what) \(ValueError.quoted(path)): expected mode 0600, found \(Self.octal(status.st_mode & 0o777))")
        }
        return try self.read(descriptor, path, what, most: most)
    }

    static func checkPath(_ path: String, _ what: String) throws(TicketError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw TicketError(.invalidValue, "\(what): expected a path, found \(ValueError.quoted(path))")
        }
    }

    private static func read(
        _ descriptor: Int32, _ path: String, _ what: String, most: Int
    ) throws(TicketError) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: most)
        var count = 0
        while count < text.count {
            let result = text.withUnsafeMutableBytes {
                let rest = UnsafeMutableRawBufferPointer(rebasing: $0.dropFirst(count))
                return Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            if result == 0 { break }
            guard result > 0 else {
                if errno == EINTR { continue }
                throw Self.failure(.keyFileNotReadable, "can't read", path, what)
            }
            count &+= result
        }
        text.removeLast(text.count &- count)
        return text
    }

    static func failure(
        _ code: TicketError.Code, _ doing: String, _ path: String, _ what: String
    ) -> TicketError {
        let number = errno
        return TicketError(code, "\(doing) \(what) \(ValueError.quoted(path)): \(String(cString: strerror(number)))")
    }

    private static func octal(_ mode: mode_t) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 &- digits.utf8.count)) + digits
    }
}
