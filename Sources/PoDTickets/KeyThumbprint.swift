/// The name of a key: the SHA-256 of its JWK in the one form that RFC 7638 gives it (RFC 8037, section 2 for Ed25519).
///
/// Written in base64url, as the RFC does; read in that form and in padded base64, as LDAP holds `podRevoked`.
public struct KeyThumbprint: Hashable, Sendable, CustomStringConvertible {
    /// 32 of them.
    public let bytes: [UInt8]

    init(of key: PublicKey) {
        self.bytes = SHA256Digest(of: #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64.urlText(key.bytes))"}"#).bytes
    }

    public init(parsing text: some StringProtocol) throws(TicketError) {
        guard let bytes = KeyText.bytes(text) else {
            throw KeyText.error("thumbprint", text)
        }
        self.bytes = bytes
    }

    public var description: String { Base64.urlText(self.bytes) }
}
