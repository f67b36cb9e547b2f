public import Foundation
import PoDCore

/// Settings from LDAP, or from the copy of its last answer.
public struct DirectoryLookup: Sendable {
    public struct Result: Sendable {
        public let settings: DirectorySettings
        public let isFromCopy: Bool
        /// Things to tell whoever asked.
        public let warnings: [String]
    }

    private let cache: SettingsCache

    public init(cache: SettingsCache) {
        self.cache = cache
    }

    /// - Throws: ``SiteError``, with ``ExitStatus/unavailable`` when LDAP is away and there is no copy of the last 7 days.
    public func settings(of location: DirectoryLocation, at now: Date = Date()) throws(SiteError) -> Result {
        let settings: DirectorySettings
        do throws(SiteError) {
            settings = try DirectoryReader(location).read()
        } catch {
            guard error.status == .unavailable else { throw error }
            guard let copy = self.cache.copy(for: location, at: now) else {
                throw SiteError(.unavailable, "LDAP is away, and there is no copy of the last 7 days: \(error)")
            }
            let warning = "LDAP is away, its answer of \(Self.text(of: copy.age)) ago is used: \(error)"
            return Result(settings: copy.settings, isFromCopy: true, warnings: [warning])
        }
        do throws(SiteError) {
            try self.cache.store(settings, for: location, at: now)
            return Result(settings: settings, isFromCopy: false, warnings: [])
        } catch {
            return Result(settings: settings, isFromCopy: false, warnings: [error.description])
        }
    }

    private static func text(of age: TimeInterval) -> String {
        let minutes = Int(age / 60)
        return minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h"
    }
}
