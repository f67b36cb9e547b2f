import Crypto
import Foundation
import NIOSSL
import PoDCore
public import PoDTickets
import SwiftASN1
import X509

/// What one end of the control channel shows to the other: a key, and a certificate that says nothing but that key.
///
/// The certificate signs itself, and its dates and names are ignored: who it is follows from the key's thumbprint alone.
public struct ChannelIdentity: Sendable {
    public let publicKey: PublicKey
    public let thumbprint: KeyThumbprint
    let certificate: NIOSSLCertificate
    let privateKey: NIOSSLPrivateKey

    /// - Throws: ``SessionError`` when the TLS library does not take the key.
    public init(_ key: SigningKey) throws(SessionError) {
        self.publicKey = key.publicKey
        self.thumbprint = key.publicKey.thumbprint
        do {
            let secret = try key.withSeed { try Curve25519.Signing.PrivateKey(rawRepresentation: $0) }
            let pem = try Certificate.PrivateKey(secret).serializeAsPEM().pemString
            self.privateKey = try NIOSSLPrivateKey(bytes: Array(pem.utf8), format: .pem)
            var serializer = DER.Serializer()
            try serializer.serialize(Self.certificate(of: secret))
            self.certificate = try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
        } catch {
            throw SessionError(.software, "no certificate for the channel: \(error)")
        }
    }

    /// A key of its own for one life of a worker.
    public static func ephemeral() throws(SessionError) -> ChannelIdentity {
        let key: SigningKey
        do throws(TicketError) {
            key = try SigningKey()
        } catch {
            throw SessionError(.software, "no key for the channel: \(error)")
        }
        return try ChannelIdentity(key)
    }

    private static func certificate(of key: Curve25519.Signing.PrivateKey) throws -> Certificate {
        let name = try DistinguishedName { CommonName("alien-pod") }
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: 0), notValidAfter: Date(timeIntervalSince1970: 4_000_000_000),
            issuer: name, subject: name, signatureAlgorithm: .ed25519,
            extensions: Certificate.Extensions(), issuerPrivateKey: Certificate.PrivateKey(key))
    }

    /// The key of a certificate that came from the other end.
    ///
    /// - Returns: `nil` when it is no Ed25519 key.
    static func thumbprint(of certificate: NIOSSLCertificate) -> KeyThumbprint? {
        guard let der = try? certificate.toDERBytes(), let parsed = try? Certificate(derEncoded: der),
            let key = Curve25519.Signing.PublicKey(parsed.publicKey)
        else { return nil }
        return try? PublicKey(bytes: Array(key.rawRepresentation)).thumbprint
    }
}
