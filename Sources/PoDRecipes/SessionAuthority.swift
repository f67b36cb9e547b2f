import Crypto
public import Foundation
import PoDCore
import SwiftASN1
import X509

/// The certificate authority of one session, kept by its master: who has a certificate of it is one of the session.
///
/// ECDSA on P-256, which every TLS library takes. Key identifiers are there because Python 3.13 and later insist on them.
public struct SessionAuthority: Sendable {
    /// The authority's certificate, in PEM.
    public let certificate: String
    private let key: P256.Signing.PrivateKey
    private let issuer: Certificate

    /// The clocks of worker nodes may be behind, in seconds.
    private static let clockTolerance: TimeInterval = 86400
    /// A year, in seconds: no session is longer, and any calendar can say it.
    private static let longestLifetime: Int64 = 366 * 86400

    /// Makes a new one.
    ///
    /// - Parameters:
    ///   - now: The time by this machine's clock.
    ///   - lifetime: How long its certificates are good, a second to a year; all end together.
    public init(now: Date, lifetime: Duration) throws(RecipeError) {
        let key = P256.Signing.PrivateKey()
        let seconds = min(max(1, lifetime.components.seconds), Self.longestLifetime)
        let certificate: Certificate
        do {
            let name = try DistinguishedName { CommonName("alien-pod session") }
            let publicKey = Certificate.PublicKey(key.publicKey)
            certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: now - Self.clockTolerance,
                notValidAfter: now + TimeInterval(seconds), issuer: name, subject: name,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true))
                    SubjectKeyIdentifier(hash: publicKey)
                }, issuerPrivateKey: Certificate.PrivateKey(key))
        } catch {
            throw RecipeError(.software, "no session authority: \(error)")
        }
        try self.init(key: key, issuer: certificate)
    }

    /// Reads one back that a master kept, from ``files``.
    public init(key: String, certificate: String) throws(RecipeError) {
        guard let privateKey = try? P256.Signing.PrivateKey(pemRepresentation: key) else {
            // What stands there may be a key: it is not shown.
            throw RecipeError(.data, "\(Self.keyName): expected a private key on P-256 in PEM")
        }
        let issuer = try PeerCertificate.read(certificate, name: Self.certificateName)
        guard issuer.publicKey == Certificate.PublicKey(privateKey.publicKey) else {
            throw RecipeError(.data, "\(Self.certificateName): expected the certificate of the key in \(Self.keyName)")
        }
        try self.init(key: privateKey, issuer: issuer)
    }

    /// Reads one back from ``files``, in any order.
    public init(files: [DaemonFile]) throws(RecipeError) {
        let texts = Dictionary(files.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first })
        try self.init(key: texts[Self.keyName] ?? "", certificate: texts[Self.certificateName] ?? "")
    }

    private init(key: P256.Signing.PrivateKey, issuer: Certificate) throws(RecipeError) {
        self.key = key
        self.issuer = issuer
        self.certificate = try PeerCertificate.text(of: issuer)
    }

    public static let keyName = "session-ca-key.pem"
    public static let certificateName = "session-ca.pem"

    /// To be kept in the master's state directory.
    public var files: [DaemonFile] {
        [
            DaemonFile(name: Self.keyName, text: self.key.pemRepresentation + "\n"),
            DaemonFile(name: Self.certificateName, text: self.certificate),
        ]
    }

    /// Makes a key and a certificate for a peer of this machine, such as the head daemon.
    ///
    /// - Parameter name: 1 to 64 letters, digits and `._-`: what the peer is, for people who look.
    public func credentials(named name: String) throws(RecipeError) -> PeerCredentials {
        let request = try PeerRequest()
        return try request.credentials(
            certificate: try self.certificate(for: request.text, named: name), authority: self.certificate)
    }

    /// Signs a request.
    ///
    /// Nothing is taken from it but the key, and that only when its signature shows that the sender has it.
    ///
    /// - Parameters:
    ///   - request: PKCS #10 in PEM, as it came over the network.
    ///   - name: As for ``credentials(named:)``; the master's word, not the request's.
    /// - Returns: The certificate, in PEM.
    public func certificate(for request: String, named name: String) throws(RecipeError) -> String {
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(Self.isPlain) else {
            throw RecipeError(
                .data, "expected a peer's name of letters, digits and ._-, found \(ValueError.quoted(name))")
        }
        guard request.utf8.count <= PeerCertificate.longestText,
            let wish = try? CertificateSigningRequest(pemEncoded: request),
            P256.Signing.PublicKey(wish.publicKey) != nil,
            wish.publicKey.isValidSignature(wish.signature, for: wish)
        else {
            throw RecipeError(
                .data,
                "expected a certificate request in PEM, signed with its key on P-256, found \(ValueError.quoted(request))"
            )
        }
        return try PeerCertificate.text(of: try self.issue(wish.publicKey, name))
    }

    private func issue(_ publicKey: Certificate.PublicKey, _ name: String) throws(RecipeError) -> Certificate {
        do {
            return try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: self.issuer.notValidBefore, notValidAfter: self.issuer.notValidAfter,
                issuer: self.issuer.subject, subject: try DistinguishedName { CommonName(name) },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth, .clientAuth])
                    SubjectKeyIdentifier(hash: publicKey)
                    AuthorityKeyIdentifier(
                        keyIdentifier: SubjectKeyIdentifier(hash: self.issuer.publicKey).keyIdentifier)
                }, issuerPrivateKey: Certificate.PrivateKey(self.key))
        } catch {
            throw RecipeError(.software, "no certificate for \(name): \(error)")
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
