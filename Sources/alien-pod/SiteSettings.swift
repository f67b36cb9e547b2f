import AliEnSite
import Foundation
import PoDCore

/// The settings that hold for a command: the environment's, LDAP's where a server is named, the defaults.
struct SiteSettings {
    let resolved: ResolvedSettings
    let isFromLDAP: Bool

    /// - Throws: ``CommandError`` with ``ExitStatus/configuration`` for the first that is wrong, naming attribute and DN.
    init(_ directory: DirectoryArguments) throws {
        let environment = ProcessInfo.processInfo.environment
        var sources = SettingSources(environment)
        let found = try directory.settings(environment)
        for warning in found.map({ $0.settings.misplaced + $0.warnings }) ?? [] {
            CommandLog.complain("warning: \(warning)")
        }
        found?.settings.add(to: &sources)
        self.resolved = sources.resolved()
        self.isFromLDAP = found != nil
        if let problem = self.resolved.problems.first {
            throw CommandError(.configuration, problem.description)
        }
    }
}

extension SettingSources {
    /// What the environment says, and nobody else yet.
    init(_ environment: [String: String]) {
        self.init()
        for (name, value) in environment {
            self.add(environmentVariable: name, value)
        }
    }
}
