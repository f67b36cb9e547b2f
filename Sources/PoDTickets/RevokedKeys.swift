/// The keys that count no more, `podRevoked`: whatever they sign, and whatever was given to them.
public struct RevokedKeys: Hashable, Sendable {
    /// Nothing is revoked.
    public static let none = RevokedKeys([])

    private let thumbprints: Set<KeyThumbprint>

    public init(_ thumbprints: Set<KeyThumbprint>) {
        self.thumbprints = thumbprints
    }

    /// Reads thumbprints in base64.
    public init(parsing texts: [String]) throws(TicketError) {
        var thumbprints: Set<KeyThumbprint> = []
        for text in texts {
            thumbprints.insert(try KeyThumbprint(parsing: text))
        }
        self.thumbprints = thumbprints
    }

    /// Whether a key of this name counts no more.
    public func contains(_ thumbprint: KeyThumbprint) -> Bool { self.thumbprints.contains(thumbprint) }

    /// - Parameter role: What the key is to the ticket, for the message.
    func check(_ key: PublicKey, _ role: String) throws(TicketError) {
        guard !self.thumbprints.isEmpty else { return }
        let thumbprint = key.thumbprint
        guard !self.thumbprints.contains(thumbprint) else {
            throw TicketError(.revoked, "ticket: \(role) \(thumbprint) is revoked")
        }
    }
}
