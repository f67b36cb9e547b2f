/// Base URLs: `http://` or `https://`, a host, perhaps a port and a path, and nothing else. User information would be
/// a secret in a setting that everybody can read.
public enum WebAddress {
    /// - Returns: The URL without slashes at its end; `nil` when the text is no such URL.
    public static func canonical(_ text: String) -> String? {
        let lowercase = text.lowercased()
        guard let scheme = ["http://", "https://"].first(where: { lowercase.hasPrefix($0) }) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        let isPathPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#\\\"<>^`{|}".utf8.contains($0) }
        guard isPathPlain, self.isAuthority(authority) else { return nil }
        var canonical = text
        while canonical.utf8.last == UInt8(ascii: "/") {
            canonical.removeLast()
        }
        return canonical
    }

    private static func isAuthority(_ authority: Substring) -> Bool {
        if (try? Address(parsing: authority)) != nil {
            return true
        }
        return (try? Address(host: authority, port: 80)) != nil
            && (authority.utf8.first == UInt8(ascii: "[") || !authority.utf8.contains(UInt8(ascii: ":")))
    }
}
