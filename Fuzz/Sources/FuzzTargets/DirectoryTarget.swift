import PoDCore

@testable import AliEnSite

extension FuzzTarget {
    /// What an LDAP server answers to one question after the other. A line begins with `?`, the next answer; with `=`,
    /// an entry of it and its name; else it is an attribute of that: the name, and after a blank its values, parted by
    /// `|`.
    static let directory = FuzzTarget(
        name: "directory", about: "entries of LDAP, as settings are read from them"
    ) { bytes in
        LDAPConnection.answers = Self.answers(bytes)
        let location = try DirectoryLocation(
            servers: ["ldap://ldap"], base: "o=vo", site: "Site", computingElement: "CE", alienLDAPDN: nil)
        guard let settings = try location.map({ try DirectoryReader($0).read() }) else { return }
        for text in settings.misplaced {
            Promise.isOneLine(text, "a setting that is misplaced")
        }
        var sources = SettingSources()
        settings.add(to: &sources)
        let resolved = sources.resolved()
        for warning in resolved.warnings {
            Promise.isOneLine(warning, "a warning")
        }
        for isFromCopy in [false, true] {
            let report = SettingsReport(resolved, isFromCopy: isFromCopy)
            for line in report.lines {
                Promise.isOneLine(line, "a line of the report")
            }
            let text = report.document.text
            Promise.isOneLine(text, "the report's document")
            Promise.areEqual(report.document, try? JSONValue(parsing: Array(text.utf8)), "the report's document")
        }
    }

    private static func answers(_ bytes: [UInt8]) -> [[LDAPEntry]] {
        var input = InputText(bytes)
        var answers: [[LDAPEntry]] = []
        while !input.isEmpty {
            let line = input.line()
            switch line.first {
            case "?":
                answers.append([])
            case "=" where !answers.isEmpty:
                answers[answers.count - 1].append(LDAPEntry(dn: String(line.dropFirst()), attributes: []))
            default:
                let words = line.split(separator: " ", maxSplits: 1)
                guard words.count == 2, let entry = answers.last?.last else { continue }
                let attribute = LDAPEntry.Attribute(
                    name: String(words[0]),
                    values: words[1].split(separator: "|", omittingEmptySubsequences: false).map(String.init))
                answers[answers.count - 1].removeLast()
                answers[answers.count - 1].append(
                    LDAPEntry(dn: entry.dn, attributes: entry.attributes + [attribute]))
            }
        }
        return answers
    }
}
