/// Where AliEn keeps its configuration in LDAP, below the base of a VO (`o=alice,dc=cern,dc=ch`), as AliEn::Config reads
/// it.
struct AliEnTree: Hashable, Sendable {
    let base: String

    var organisation: String { "ou=Config,\(self.base)" }
    var sites: String { "ou=Sites,\(self.base)" }

    func site(_ name: String) -> String { "ou=\(Self.escaped(name)),\(self.sites)" }

    /// The folder of a site's services of one kind, `CE` or `MonaLisa`.
    func services(_ kind: String, at site: String) -> String { "ou=\(kind),ou=Services,\(self.site(site))" }

    func hosts(at site: String) -> String { "ou=Config,\(self.site(site))" }

    /// The VO's name, where the base begins with it, as AliEn demands.
    var organisationName: String? {
        guard let first = self.base.split(separator: ",").first, first.lowercased().hasPrefix("o=") else { return nil }
        return String(first.dropFirst(2))
    }

    /// A value in a distinguished name (RFC 4514, section 2.4).
    static func escaped(_ value: String) -> String {
        var result = ""
        for (index, byte) in value.utf8.enumerated() {
            let isEdge = index == 0 || index == value.utf8.count - 1
            let isPlain =
                (0x20..<0x7F).contains(byte) && !",+\"\\<>;=".utf8.contains(byte) && !(isEdge && byte == 0x20)
                && !(index == 0 && byte == UInt8(ascii: "#"))
            if isPlain {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16)
                result += "\\" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return result
    }
}
