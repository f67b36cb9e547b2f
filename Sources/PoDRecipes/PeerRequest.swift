import Crypto
import PoDCore
import SwiftASN1
import X509

/// A worker's or a user's wish to be a peer of the session's daemons: a new key, which never leaves this process, and
/// the request (PKCS #10) that goes to the master.
public struct PeerRequest: Sendable {
    /// The request, in PEM.
    public let text: String
    private let key: P256.Signing.PrivateKey

    /// Makes a key.
    public init() throws(RecipeError) {
        self.key = P256.Signing.PrivateKey()
        do {
            self.text = try CertificateSigningRequest(
                version: .v1, subject: DistinguishedName(), privateKey: Certificate.PrivateKey(self.key),
                attributes: CertificateSigningRequest.Attributes()
            ).serializeAsPEM().pemString
        } catch {
            throw RecipeError(.software, "no certificate request: \(error)")
        }
    }

    /// Takes the master's answer.
    ///
    /// - Parameters:
    ///   - certificate: In PEM, as it came over the network.
    ///   - authority: The certificate of the session's authority, in PEM, as it came over the network.
    /// - Throws: ``RecipeError`` when one can't be read, or the certificate isn't the authority's for this key.
    public func credentials(certificate: String, authority: String) throws(RecipeError) -> PeerCredentials {
        let issued = try PeerCertificate.read(certificate, name: "certificate")
        let issuer = try PeerCertificate.read(authority, name: "authority")
        guard issued.publicKey == Certificate.PublicKey(self.key.publicKey) else {
            throw RecipeError(.data, "certificate: expected one for the key that was asked for")
        }
        guard issuer.publicKey.isValidSignature(issued.signature, for: issued) else {
            throw RecipeError(.data, "certificate: expected one that the session's authority signed")
        }
        // Written anew, so that nothing but a certificate gets into a file.
        return PeerCredentials(
            authority: try PeerCertificate.text(of: issuer), certificate: try PeerCertificate.text(of: issued),
            key: self.key.pemRepresentation + "\n")
    }
}

/// Certificates as texts.
enum PeerCertificate {
    /// The longest text that is read, in bytes; ours have less than 1000.
    static let longestText = 8192

    static func read(_ text: String, name: String) throws(RecipeError) -> Certificate {
        guard text.utf8.count <= self.longestText, let certificate = try? Certificate(pemEncoded: text) else {
            throw RecipeError(.data, "\(name): expected a certificate in PEM, found \(ValueError.quoted(text))")
        }
        return certificate
    }

    static func text(of certificate: Certificate) throws(RecipeError) -> String {
        do {
            return try certificate.serializeAsPEM().pemString + "\n"
        } catch {
            throw RecipeError(.software, "a certificate can't be written: \(error)")
        }
    }
}
