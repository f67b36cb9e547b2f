public import Foundation
import PoDCore

/// The copy of what LDAP said last, for when LDAP is away: one file for each place that is asked about, in a directory
/// of the user's that nobody else can write to, since trusted keys are among the settings.
public struct SettingsCache: Sendable {
    /// An older copy is not used: a key that was revoked since would be trusted.
    public static let longestAge: TimeInterval = 7 * 24 * 3600

    private static let format: Int64 = 1
    private let directory: URL

    public init(directory: URL) {
        self.directory = directory
    }

    /// `$XDG_CACHE_HOME/alien-pod`, or `~/.cache/alien-pod`.
    public init(environment: [String: String], homeDirectory: URL = FileManager.default.homeDirectoryForCurrentUser) {
        let cache = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? URL(fileURLWithPath: $0) : nil }
        self.init(
            directory: (cache ?? homeDirectory.appendingPathComponent(".cache")).appendingPathComponent("alien-pod"))
    }

    /// Keeps a copy.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/cannotCreate``; the older copy stays.
    public func store(_ settings: DirectorySettings, for location: DirectoryLocation, at time: Date) throws(SiteError) {
        let document = Self.document(settings, location, time)
        let file = self.file(for: location)
        do {
            try FileManager.default.createDirectory(
                at: self.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try self.checkDirectory()
            try Data(document.text.utf8).write(to: file, options: .atomic)
        } catch {
            throw SiteError(.cannotCreate, "\(file.path): can't keep a copy of the settings: \(Self.text(of: error))")
        }
    }

    /// The copy that was kept, and when; `nil` where there is none, or none that can be used.
    public func copy(for location: DirectoryLocation, at time: Date) -> (
        settings: DirectorySettings, age: TimeInterval
    )? {
        guard (try? self.checkDirectory()) != nil,
            let data = try? Data(contentsOf: self.file(for: location)),
            let document = try? JSONValue(parsing: Array(data)),
            document["format"]?.integer == Self.format, document["location"]?.string == Self.key(of: location),
            let readAt = document["read_at"]?.integer, let settings = Self.settings(document)
        else { return nil }
        let age = time.timeIntervalSince1970 - Double(readAt)
        return age >= 0 && age <= Self.longestAge ? (settings, age) : nil
    }

    private func checkDirectory() throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: self.directory.path)
        guard attributes[.ownerAccountID] as? UInt32 ?? UInt32.max == geteuid(),
            let mode = attributes[.posixPermissions] as? Int, mode & 0o022 == 0
        else {
            throw SiteError(
                .noPermission, "\(self.directory.path) must belong to this user and be writable by nobody else")
        }
    }

    private static func text(of error: any Error) -> String {
        (error as? SiteError)?.description ?? error.localizedDescription
    }

    // MARK: - Names and format

    private static func key(of location: DirectoryLocation) -> String {
        let servers = location.servers.map(\.description).joined(separator: " ")
        return [servers, location.base, location.site ?? "", location.computingElement ?? ""].joined(separator: "\n")
    }

    private func file(for location: DirectoryLocation) -> URL {
        var hash = StableHash(seed: 0)
        var words: [UInt8] = Array(Self.key(of: location).utf8)
        while !words.isEmpty {
            hash.combine(words.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
            words.removeFirst(min(8, words.count))
        }
        let name = String(UInt64(hash.unitInterval * 0x1p53), radix: 36)
        return self.directory.appendingPathComponent("settings-\(name).json")
    }

    private static func document(
        _ settings: DirectorySettings, _ location: DirectoryLocation, _ time: Date
    ) -> JSONValue {
        let sources = settings.sources.map { source in
            JSONValue.object([
                .init(name: "level", value: .string(self.name(of: source.level))),
                .init(name: "dn", value: .string(source.entry.dn)),
                .init(
                    name: "attributes",
                    value: .object(
                        source.entry.attributes.map { attribute in
                            .init(name: attribute.name, value: .array(attribute.values.map { .string($0) }))
                        })),
            ])
        }
        return .object([
            .init(name: "format", value: .integer(self.format)),
            .init(name: "location", value: .string(self.key(of: location))),
            .init(name: "read_at", value: .integer(Int64(time.timeIntervalSince1970))),
            .init(name: "sources", value: .array(sources)),
            .init(name: "misplaced", value: .array(settings.misplaced.map { .string($0) })),
        ])
    }

    private static func settings(_ document: JSONValue) -> DirectorySettings? {
        guard let sources = document["sources"]?.array, let misplaced = document["misplaced"]?.array else { return nil }
        var read: [DirectorySettings.Source] = []
        for source in sources {
            guard let name = source["level"]?.string,
                let level = SettingLevel.allCases.first(where: { self.name(of: $0) == name }),
                let dn = source["dn"]?.string, let members = source["attributes"]?.members
            else { return nil }
            let attributes = members.map { member in
                LDAPEntry.Attribute(name: member.name, values: member.value.array?.compactMap(\.string) ?? [])
            }
            read.append(DirectorySettings.Source(level: level, entry: LDAPEntry(dn: dn, attributes: attributes)))
        }
        return DirectorySettings(sources: read, misplaced: misplaced.compactMap(\.string))
    }

    private static func name(of level: SettingLevel) -> String {
        switch level {
        case .computingElement: "ce"
        case .monaLisa: "monalisa"
        case .organisation: "vo"
        }
    }
}
