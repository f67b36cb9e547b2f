import NIOCore
package import NIOSSL
import PoDCore
package import PoDTickets

/// Mutual TLS 1.3 between keys: each end shows a certificate on its own key, and looks at the other's key only.
///
/// The handshake's signature covers its whole transcript, so whoever completes it has the key that it shows.
package struct ChannelTLS: Sendable {
    private let context: NIOSSLContext

    package init(_ identity: ChannelIdentity, role: Role) throws(SessionError) {
        var configuration: TLSConfiguration
        switch role {
        case .master:
            configuration = .makeServerConfiguration(
                certificateChain: [.certificate(identity.certificate)], privateKey: .privateKey(identity.privateKey))
        case .peer:
            configuration = .makeClientConfiguration()
            configuration.certificateChain = [.certificate(identity.certificate)]
            configuration.privateKey = .privateKey(identity.privateKey)
        }
        configuration.minimumTLSVersion = .tlsv13
        // Not `.none`: with that the callback's refusal would be ignored.
        configuration.certificateVerification = .noHostnameVerification
        configuration.verifySignatureAlgorithms = [.ed25519]
        configuration.signingSignatureAlgorithms = [.ed25519]
        do {
            self.context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw SessionError(.software, "no TLS context: \(error)")
        }
    }

    package enum Role: Sendable {
        /// Whoever listens.
        case master
        /// Whoever connects: a worker, or the session's owner.
        case peer
    }

    /// The handler of a connection that a master took.
    ///
    /// - Parameter onPeer: Called on the connection's event loop with the key of the other end, during the handshake and
    ///   before anything else is read. Every key is taken: what it may do is decided later.
    package func masterHandler(onPeer: @escaping @Sendable (KeyThumbprint) -> Void) -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: self.context) { certificates, promise in
            guard let key = certificates.first.flatMap({ ChannelIdentity.thumbprint(of: $0) }) else {
                return promise.succeed(.failed)
            }
            onPeer(key)
            promise.succeed(.certificateVerified)
        }
    }

    /// The handler of a connection to a master.
    ///
    /// - Parameters:
    ///   - master: The one key that is taken.
    ///   - onOtherKey: Called when there is another; the handshake fails then.
    package func peerHandler(
        pinning master: KeyThumbprint, onOtherKey: @escaping @Sendable () -> Void = {}
    ) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: self.context, serverHostname: nil) { certificates, promise in
            guard certificates.first.flatMap({ ChannelIdentity.thumbprint(of: $0) }) == master else {
                onOtherKey()
                return promise.succeed(.failed)
            }
            promise.succeed(.certificateVerified)
        }
    }
}
