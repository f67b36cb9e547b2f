/// An entry of an LDAP directory.
public struct LDAPEntry: Hashable, Sendable {
    /// The distinguished name, as the server writes it.
    public let dn: String
    /// In the server's order, which means nothing, with names in the schema's spelling.
    public let attributes: [Attribute]

    public struct Attribute: Hashable, Sendable {
        public let name: String
        public let values: [String]

        public init(name: String, values: [String]) {
            self.name = name
            self.values = values
        }
    }

    public init(dn: String, attributes: [Attribute]) {
        self.dn = dn
        self.attributes = attributes
    }

    /// The values of an attribute, by its name in any case; empty where the entry has none.
    public func values(of name: String) -> [String] {
        let wanted = name.lowercased()
        return self.attributes.first { $0.name.lowercased() == wanted }?.values ?? []
    }
}
