import Glibc
import PoDCore

/// A file with a ``SigningKey``: PKCS #8 in PEM, readable by its owner alone.
public enum SigningKeyFile {
    private static let name = "key file"

    /// Reads a key.
    ///
    /// - Throws: ``TicketError`` with ``TicketError/Code/keyFileNotPrivate`` when the file is not ours or others have
    ///   any right to it.
    public static func read(_ path: String) throws(TicketError) -> SigningKey {
        var text = try PrivateFile.read(path, Self.name, most: PrivateKeyPEM.largestText)
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
        try PrivateFile.checkPath(path, Self.name)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw PrivateFile.failure(.keyFileNotWritable, "can't create", path, Self.name)
        }
        var text = Array(PrivateKeyPEM.text(of: key).utf8)
        defer { SigningKey.wipe(&text) }
        guard Self.write(text, to: descriptor), fsync(descriptor) == 0 else {
            let error = PrivateFile.failure(.keyFileNotWritable, "can't write", path, Self.name)
            close(descriptor)
            unlink(path)
            throw error
        }
        close(descriptor)
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
}
