import AliEnSite
import ArgumentParser
import Foundation
import PoDCore

/// `alien-pod settings`: what holds, where it was said, and whether it can be.
struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "Show the settings from LDAP and check them.",
        discussion: """
            The first place that says anything decides: --set, the environment (ALIEN_POD_…), the CE's entry in LDAP, the \
            MonaLisa entry, the VO's entry, the default. When LDAP is away, the copy of its last answer is used. Exit codes: 0 \
            all is well; 64 a wrong argument; 66 the VO, the site or the CE has no entry; 69 LDAP is away and there is \
            no copy; 78 a setting is wrong.
            """)

    @OptionGroup var directory: DirectoryArguments

    @Option(help: "A value to try, as ATTRIBUTE=VALUE; may be repeated.")
    var set: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    @Option(name: .customLong("print"), help: .hidden)
    var document: Document?

    /// What is made from the table of settings and committed.
    enum Document: String, ExpressibleByArgument {
        case schema, ldif, markdown

        var text: String {
            switch self {
            case .schema: SettingsSchema.schema
            case .ldif: SettingsSchema.ldif
            case .markdown: SettingsPage.markdown
            }
        }
    }

    func run() throws {
        if let document {
            print(document.text, terminator: "")
            return
        }
        do {
            try self.show()
        } catch let error as SiteError {
            throw CommandError(error.status, error.description).reported()
        } catch let error as ValueError {
            throw CommandError(.usage, error.description).reported()
        }
    }

    private func show() throws {
        let environment = ProcessInfo.processInfo.environment
        var sources = SettingSources(environment)
        for assignment in self.set {
            let parts = assignment.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let setting = Setting(attribute: parts[0]) else {
                let nearest = NearestName.of(parts.first ?? "", among: Setting.all.map(\.attribute)) ?? ""
                throw ValueError("--set", found: assignment, expected: "ATTRIBUTE=VALUE, such as \(nearest)=…")
            }
            sources.add(flag: "--set \(setting.attribute)", parts[1], for: setting)
        }
        let isFromCopy = try self.addDirectory(to: &sources, environment)

        let settings = sources.resolved()
        settings.warnings.forEach { self.warn($0) }
        let report = SettingsReport(settings, isFromCopy: isFromCopy)
        if self.json {
            print(report.document.text)
        } else {
            report.lines.forEach { print($0) }
        }
        for problem in settings.problems {
            Self.tell(problem.description)
        }
        if !settings.problems.isEmpty {
            throw ExitCode(ExitStatus.configuration.rawValue)
        }
    }

    /// - Returns: Whether a copy had to do.
    private func addDirectory(to sources: inout SettingSources, _ environment: [String: String]) throws -> Bool {
        guard let found = try self.directory.settings(environment) else {
            self.warn("no LDAP server is named (--ldap, ALIEN_LDAP_DN): only environment and defaults")
            return false
        }
        (found.settings.misplaced + found.warnings).forEach { self.warn($0) }
        found.settings.add(to: &sources)
        return found.isFromCopy
    }

    private func warn(_ text: String) {
        Self.tell("warning: \(text)")
    }

    private static func tell(_ text: String) {
        FileHandle.standardError.write(Data("alien-pod: \(text)\n".utf8))
    }
}
