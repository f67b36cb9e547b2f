import CSodium

/// An Ed25519 key pair (RFC 8032), the secret half in memory that is overwritten when nobody uses it any more.
public struct SigningKey: Sendable {
    static let seedSize = 32

    public let publicKey: PublicKey
    private let secret: Secret

    /// libsodium's form of the secret half: the seed and the public key.
    private final class Secret: @unchecked Sendable {
        // Written in the initialiser and in `deinit` only.
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(CSODIUM_SECRET_KEY_SIZE))

        deinit {
            csodium_wipe(self.bytes, Int(CSODIUM_SECRET_KEY_SIZE))
            self.bytes.deallocate()
        }
    }

    /// The key pair of a seed, the private key of RFC 8032.
    ///
    /// - Parameter seed: 32 bytes, of which each has to be secret and random.
    public init(seed: [UInt8]) throws(TicketError) {
        guard seed.count == Self.seedSize else {
            throw TicketError(.invalidValue, "private key: expected 32 bytes, found \(seed.count)")
        }
        let secret = Secret()
        var publicKey = [UInt8](repeating: 0, count: PublicKey.size)
        let status: Int32 = seed.withUnsafeBufferPointer { seed in
            publicKey.withUnsafeMutableBufferPointer { publicKey in
                guard let seedStart = seed.baseAddress, let publicStart = publicKey.baseAddress else { return -1 }
                return csodium_key_pair(publicStart, secret.bytes, seedStart)
            }
        }
        guard status == 0 else {
            throw TicketError(.invalidValue, "private key: libsodium could not be initialised")
        }
        self.secret = secret
        self.publicKey = PublicKey(checked: publicKey)
    }

    /// A new key, of the system's random numbers.
    public init() throws(TicketError) {
        var seed = (0..<Self.seedSize).map { _ in UInt8.random(in: .min ... .max) }
        defer { Self.wipe(&seed) }
        try self.init(seed: seed)
    }

    /// Reads PKCS #8 in PEM.
    public init(pem: String) throws(TicketError) {
        guard let key = PrivateKeyPEM.key(Array(pem.utf8)) else {
            throw TicketError(.malformed, "private key: expected an Ed25519 key, PKCS #8 in PEM")
        }
        self = key
    }

    /// PKCS #8 in PEM, as key files hold it.
    public var pem: String { PrivateKeyPEM.text(of: self) }

    /// Gives `body` the seed, for other holders of the same key such as a TLS certificate, and overwrites it then.
    public func withSeed<Result, Failure: Error>(
        _ body: ([UInt8]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var seed = Array(UnsafeBufferPointer(start: self.secret.bytes, count: Self.seedSize))
        defer { Self.wipe(&seed) }
        return try body(seed)
    }

    /// The signature of a message: 64 bytes, the same each time.
    public func signature(of message: [UInt8]) throws(TicketError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: PublicKey.signatureSize)
        let status: Int32 = message.withUnsafeBufferPointer { message in
            signature.withUnsafeMutableBufferPointer { signature in
                guard let start = signature.baseAddress else { return -1 }
                return csodium_sign(start, message.baseAddress, message.count, self.secret.bytes)
            }
        }
        guard status == 0 else {
            throw TicketError(.invalidValue, "private key: libsodium could not be initialised")
        }
        return signature
    }

    /// Overwrites a secret that is not used any more.
    static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress {
                csodium_wipe(start, bytes.count)
            }
        }
    }
}
