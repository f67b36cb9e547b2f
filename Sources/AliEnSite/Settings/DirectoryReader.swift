import PoDCore

/// Reads the settings of a VO, a site and a CE from the first of several LDAP servers that answers.
public struct DirectoryReader: Sendable {
    private let location: DirectoryLocation
    private let tree: AliEnTree

    public init(_ location: DirectoryLocation) {
        self.location = location
        self.tree = AliEnTree(base: location.base)
    }

    /// - Throws: ``SiteError``: ``ExitStatus/unavailable`` when no server answers, with what each of them did;
    ///   ``ExitStatus/noInput`` when the VO, the site or the CE has no entry, with the nearest name that has one.
    public func read() throws(SiteError) -> DirectorySettings {
        var failures: [String] = []
        for server in self.location.servers {
            do throws(SiteError) {
                return try self.read(from: server)
            } catch {
                guard error.status == .unavailable else { throw error }
                failures.append(error.description)
            }
        }
        throw SiteError(.unavailable, failures.joined(separator: "; "))
    }

    private func read(from server: LDAPServer) throws(SiteError) -> DirectorySettings {
        let connection = try LDAPConnection(
            to: server,
            LDAPConnection.Options(
                startsTLS: self.location.startsTLS,
                certificateAuthorities: self.location.certificateAuthorities,
                timeLimit: self.location.timeLimit))
        guard let organisation = try connection.entry(self.tree.organisation) else {
            throw SiteError(
                .noInput, "\(server): no entry \(self.tree.organisation): is the base the one of AliEn's VO?")
        }
        var sources = [DirectorySettings.Source(level: .organisation, entry: organisation)]
        guard let site = self.location.site else {
            return DirectorySettings(sources: sources, misplaced: [])
        }
        var misplaced = Self.misplaced(try self.siteEntry(site, connection), "site")

        var host: LDAPEntry?
        if let name = self.location.computingElement {
            let entry = try self.computingElement(name, at: site, connection)
            sources.append(DirectorySettings.Source(level: .computingElement, entry: entry))
            if let hostName = entry.values(of: "host").first {
                host = try connection.entries(
                    below: self.tree.hosts(at: site), filter: "(host=\(LDAPFilter.escaped(hostName)))"
                ).first
            }
        }
        misplaced += host.map { Self.misplaced($0, "host") } ?? []
        if let monaLisa = try self.monaLisa(at: site, of: host, connection) {
            sources.append(DirectorySettings.Source(level: .monaLisa, entry: monaLisa))
        }
        return DirectorySettings(sources: sources, misplaced: misplaced)
    }

    private func siteEntry(_ name: String, _ connection: LDAPConnection) throws(SiteError) -> LDAPEntry {
        if let site = try connection.entry(self.tree.site(name)) {
            return site
        }
        let names = try connection.entries(below: self.tree.sites, filter: "(ou=*)").flatMap { $0.values(of: "ou") }
        throw Self.missing("site", name, self.tree.site(name), among: names)
    }

    private func computingElement(
        _ name: String, at site: String, _ connection: LDAPConnection
    ) throws(SiteError) -> LDAPEntry {
        let folder = self.tree.services("CE", at: site)
        let all = try connection.entries(below: folder, filter: LDAPFilter.named("AliEnCE"))
        guard let entry = Self.named(name, among: all) else {
            throw Self.missing("CE", name, folder, among: all.flatMap { $0.values(of: "name") })
        }
        return entry
    }

    /// The one that the host of the CE names, else the first, as AliEn takes them.
    private func monaLisa(
        at site: String, of host: LDAPEntry?, _ connection: LDAPConnection
    ) throws(SiteError) -> LDAPEntry? {
        let all = try connection.entries(
            below: self.tree.services("MonaLisa", at: site), filter: LDAPFilter.named("AliEnMonaLisa"))
        guard let name = host?.values(of: "monalisa").first else { return all.first }
        return Self.named(name, among: all)
    }

    private static func named(_ name: String, among entries: [LDAPEntry]) -> LDAPEntry? {
        entries.first { $0.values(of: "name").contains { $0.lowercased() == name.lowercased() } }
    }

    private static func missing(_ kind: String, _ name: String, _ place: String, among names: [String]) -> SiteError {
        let nearest = NearestName.of(name, among: names).map { "; the nearest is \(ValueError.printable($0))" } ?? ""
        return SiteError(.noInput, "\(kind) \(ValueError.quoted(name)): not in LDAP, at \(place)\(nearest)")
    }

    private static func misplaced(_ entry: LDAPEntry, _ kind: String) -> [String] {
        entry.attributes.filter { $0.name.lowercased().hasPrefix("pod") }.map { attribute in
            "\(ValueError.printable(attribute.name)) of \(ValueError.printable(entry.dn)): "
                + "AliEn does not read settings from a \(kind)'s entry; put it at the CE, the MonaLisa service or the VO"
        }
    }
}

/// Search filters (RFC 4515).
enum LDAPFilter {
    /// The entries of a class that have a name.
    static func named(_ objectClass: String) -> String { "(&(objectClass=\(objectClass))(name=*))" }

    static func escaped(_ value: String) -> String {
        var result = ""
        for byte in value.utf8 {
            if (0x20..<0x7F).contains(byte), !"()*\\".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16)
                result += "\\" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return result
    }
}
