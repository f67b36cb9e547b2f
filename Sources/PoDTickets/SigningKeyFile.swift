import Glibc
import PoDCore

/// A file with a ``SigningKey``: PKCS #8 in PEM, readable by its owner alone.
public enum SigningKeyFile {
    /// Reads a key.
    ///
    /// - Throws: ``TicketError`` with ``TicketError/Code/keyFileNotPrivate`` when the file is not ours or others have
    ///   any right to it: a key that others could read is nobody's any more.
    public static func read(_ path: String) throws(TicketError) -> SigningKey {
        try self.checkPath(path)
        // What is no regular file, such as a pipe, must not block.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw Self.failure(.keyFileNotReadable, "can't open", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw Self.failure(.keyFileNotReadable, "can't look at", path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TicketError(.keyFileNotReadable, "key file \(ValueError.quoted(path)): expected a regular file")
        }
        guard status.st_uid == geteuid() else {
            throw TicketError(
                .keyFileNotPrivate, "key file \(ValueError.quoted(path)): must belong to this user")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw TicketError(
                .keyFileNotPrivate,
                "key file \(ValueError.quoted(path)): expected mode 0600, found \(Self.octal(status.st_mode & 0o777))")
        }
        var text = try self.read(descriptor, path)
        defer { SigningKey.wipe(&text) }
        guard let key = PrivateKeyPEM.key(text) else {
            throw TicketError(
                .malformed, "key file \(ValueError.quoted(path)): expected an Ed25519 private key, PKCS #8 in PEM")
        }
        return key
    }

    /// Writes a key to a new file of mode 0600. A file that is there already is left as it is: a key that is
    /// overwritten can't be had back.
    public static func create(_ path: String, _ key: SigningKey) throws(TicketError) {
        try self.checkPath(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Self.failure(.keyFileNotWritable, "can't create", path)
        }
        var text = Array(PrivateKeyPEM.text(of: key).utf8)
        defer { SigningKey.wipe(&text) }
        guard Self.write(text, to: descriptor), fsync(descriptor) == 0 else {
            let error = Self.failure(.keyFileNotWritable, "can't write", path)
            close(descriptor)
            unlink(path)
            throw error
        }
        close(descriptor)
    }

    private static func checkPath(_ path: String) throws(TicketError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw TicketError(.invalidValue, "key file: expected a path, found \(ValueError.quoted(path))")
        }
    }

    /// One byte more than a key has is enough to see that it is none.
    private static func read(_ descriptor: Int32, _ path: String) throws(TicketError) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: PrivateKeyPEM.largestText)
        var count = 0
        while count < text.count {
            let result = text.withUnsafeMutableBytes {
                let rest = UnsafeMutableRawBufferPointer(rebasing: $0.dropFirst(count))
                return Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            if result == 0 { break }
            guard result > 0 else {
                if errno == EINTR { continue }
                throw Self.failure(.keyFileNotReadable, "can't read", path)
            }
            count &+= result
        }
        text.removeLast(text.count &- count)
        return text
    }

    private static func write(_ text: [UInt8], to descriptor: Int32) -> Bool {
        var rest = text[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count == 0 || errno != EINTR {
                return false
            }
        }
        return true
    }

    private static func failure(_ code: TicketError.Code, _ doing: String, _ path: String) -> TicketError {
        let number = errno
        return TicketError(code, "\(doing) key file \(ValueError.quoted(path)): \(String(cString: strerror(number)))")
    }

    private static func octal(_ mode: mode_t) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 &- digits.utf8.count)) + digits
    }
}
