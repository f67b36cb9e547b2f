import PoDCore
package import PoDTickets

/// Files with keys, or with thumbprints of keys: one a line, in base64. Empty lines and those that begin with `#` are
/// for people.
package enum KeyListFile {
    /// - Throws: ``RendezvousError`` that names the line that is no key.
    package static func trustedKeys(_ path: String) throws(RendezvousError) -> TrustedKeys {
        let keys = try self.read(path) { (text) throws(TicketError) in try PublicKey(parsing: text) }
        do throws(TicketError) {
            return try TrustedKeys(keys)
        } catch {
            throw RendezvousError(.configuration, "\(path): \(error)")
        }
    }

    package static func revokedKeys(_ path: String) throws(RendezvousError) -> RevokedKeys {
        RevokedKeys(Set(try self.read(path) { (text) throws(TicketError) in try KeyThumbprint(parsing: text) }))
    }

    private static func read<Key>(
        _ path: String, _ key: (Substring) throws(TicketError) -> Key
    ) throws(RendezvousError) -> [Key] {
        let text = String(decoding: try SmallFile.read(path), as: UTF8.self)
        var keys: [Key] = []
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number &+= 1
            guard let first = line.first(where: { $0 != " " && $0 != "\t" }), first != "#" else { continue }
            let word = line.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
            do throws(TicketError) {
                keys.append(try key(word))
            } catch {
                throw RendezvousError(.configuration, "\(path): line \(number): \(error)")
            }
        }
        return keys
    }
}
