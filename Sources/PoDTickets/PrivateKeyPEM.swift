/// The text of a key file: PKCS #8 in PEM (RFC 8410, section 7), as `openssl genpkey -algorithm ed25519` writes it.
enum PrivateKeyPEM {
    private static let begin = "-----BEGIN PRIVATE KEY-----\n"
    private static let end = "\n-----END PRIVATE KEY-----\n"
    /// SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.112 }, OCTET STRING { OCTET STRING of 32 bytes } }: DER knows no
    /// other way to write the seed of an Ed25519 key, so that no DER reader is needed.
    private static let prefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    /// In bytes; the text has 119.
    static let largestText = 256

    static func text(of key: SigningKey) -> String {
        key.withSeed { self.begin + Base64.text(self.prefix + $0) + self.end }
    }

    /// - Returns: `nil` for anything but an Ed25519 key without password. Line ends may be of either kind.
    static func key(_ text: [UInt8]) -> SigningKey? {
        let lines = text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
        guard lines.count == 3,
            lines[0].elementsEqual(self.begin.utf8.dropLast()),
            lines[2].elementsEqual(self.end.utf8.dropFirst().dropLast()),
            var der = Base64.bytes(text: lines[1])
        else { return nil }
        defer { SigningKey.wipe(&der) }
        guard der.starts(with: self.prefix), der.count == self.prefix.count &+ SigningKey.seedSize else { return nil }
        var seed = Array(der.dropFirst(self.prefix.count))
        defer { SigningKey.wipe(&seed) }
        return try? SigningKey(seed: seed)
    }
}
