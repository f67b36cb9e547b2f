/// What one peer of a session's daemons shows to the others: PEM texts.
public struct PeerCredentials: Hashable, Sendable {
    /// The certificate of the session's authority, which all peers trust and nothing else.
    public let authority: String
    public let certificate: String
    /// The private key: never in an argument, an environment, a log or a message.
    public let key: String

    init(authority: String, certificate: String, key: String) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }

    static let authorityName = "ca.pem"
    static let certificateName = "certificate.pem"
    static let keyName = "key.pem"

    /// To be written to a directory that nobody else can read.
    public var files: [DaemonFile] {
        [
            DaemonFile(name: Self.authorityName, text: self.authority),
            DaemonFile(name: Self.certificateName, text: self.certificate),
            DaemonFile(name: Self.keyName, text: self.key),
        ]
    }
}
