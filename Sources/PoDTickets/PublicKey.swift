import CSodium
public import PoDCore

/// The public half of an Ed25519 key (RFC 8032).
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
    static let size = 32
    static let signatureSize = 64

    /// 32 of them.
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) throws(TicketError) {
        guard bytes.count == Self.size else {
            throw TicketError(.invalidValue, "public key: expected 32 bytes, found \(bytes.count)")
        }
        self.bytes = bytes
    }

    init(checked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads base64 with its padding, as `podTrustedKey` has it, or base64url as the `x` of a JWK.
    public init(parsing text: some StringProtocol) throws(TicketError) {
        guard let bytes = KeyText.bytes(text) else {
            throw KeyText.error("public key", text)
        }
        self.bytes = bytes
    }

    /// Reads a JWK (RFC 7517) of an Ed25519 key (RFC 8037, section 2).
    ///
    /// Members that say nothing about the key's bytes, such as `kid`, are not looked at. One that holds the private
    /// half is refused: whoever passes it on has to learn of it.
    public init(jwk: JSONValue) throws(TicketError) {
        guard jwk.members != nil else {
            throw TicketError(.malformed, "jwk: expected an object")
        }
        guard jwk["kty"]?.string == "OKP", jwk["crv"]?.string == "Ed25519" else {
            throw TicketError(.malformed, "jwk: expected kty OKP and crv Ed25519")
        }
        guard jwk["d"] == nil else {
            throw TicketError(.malformed, "jwk: expected a public key, found a private one (d)")
        }
        guard let text = jwk["x"]?.string, let bytes = Base64.bytes(urlText: text), bytes.count == Self.size
        else {
            throw TicketError(.malformed, "jwk: x: expected 32 bytes in base64url without padding")
        }
        self.bytes = bytes
    }

    /// The JWK, without members that are not needed.
    public var jwk: JSONValue {
        .object([
            .init(name: "kty", value: .string("OKP")),
            .init(name: "crv", value: .string("Ed25519")),
            .init(name: "x", value: .string(Base64.urlText(self.bytes))),
        ])
    }

    public var thumbprint: KeyThumbprint { KeyThumbprint(of: self) }

    /// Base64 with its padding, 44 characters: the form of `podTrustedKey`.
    public var description: String { Base64.text(self.bytes) }

    /// Whether `signature` is this key's for `message`. Costs some 50 µs.
    ///
    /// Strict: keys of small order and non-canonical signatures never verify.
    public func verifies(signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureSize, self.bytes.count == Self.size else { return false }
        return signature.withUnsafeBufferPointer { signature in
            message.withUnsafeBufferPointer { message in
                self.bytes.withUnsafeBufferPointer { key in
                    guard let signatureStart = signature.baseAddress, let keyStart = key.baseAddress else {
                        return false
                    }
                    return csodium_verify(signatureStart, message.baseAddress, message.count, keyStart) == 0
                }
            }
        }
    }
}
