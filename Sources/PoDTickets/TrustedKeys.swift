/// The keys whose signatures count, `podTrustedKey`: a VO's and its sites', and old and new ones while they change.
public struct TrustedKeys: Hashable, Sendable {
    /// The most keys. Each costs a signature check on a ticket that none of them signed.
    public static let mostKeys = 16

    public let keys: [PublicKey]

    /// - Parameter keys: A key that stands twice counts once.
    public init(_ keys: [PublicKey]) throws(TicketError) {
        var distinct: [PublicKey] = []
        for key in keys where !distinct.contains(key) {
            distinct.append(key)
        }
        guard distinct.count <= Self.mostKeys else {
            throw TicketError(.invalidValue, "trusted keys: expected at most \(Self.mostKeys), found \(distinct.count)")
        }
        self.keys = distinct
    }

    /// The keys of nobody.
    public static let none = TrustedKeys(distinct: [])

    private init(distinct keys: [PublicKey]) {
        self.keys = keys
    }

    /// Reads keys in base64.
    public init(parsing texts: [String]) throws(TicketError) {
        var keys: [PublicKey] = []
        for text in texts {
            keys.append(try PublicKey(parsing: text))
        }
        try self.init(keys)
    }
}
