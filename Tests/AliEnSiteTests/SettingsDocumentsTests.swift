import AliEnSite
import Foundation
import PoDTestKit
import Testing

/// What is made from the table of settings is what is committed, and what slapd takes.
@Suite(.timeLimit(.minutes(10)))
struct SettingsDocumentsTests {
    private static let root = AliEnDirectory.schemaFile.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test(arguments: [
        ("alien/ldap/alien-pod.schema", "schema", SettingsSchema.schema),
        ("alien/ldap/alien-pod.ldif", "ldif", SettingsSchema.ldif),
        ("docs/settings.md", "markdown", SettingsPage.markdown),
    ])
    func areCommitted(path: String, kind: String, text: String) throws {
        let file = Self.root.appendingPathComponent(path)
        let isSame = try String(contentsOf: file, encoding: .utf8) == text
        #expect(isSame, "make it again: alien-pod settings --print \(kind) >\(path)")
    }

    @Test("cn=config takes the LDIF", .enabled(if: AliEnDirectory.canRun, "slapd is not installed"))
    func ldifLoads() async throws {
        try await TemporaryDirectory.with { directory in
            let configuration = directory.appendingPathComponent("slapd.d")
            try FileManager.default.createDirectory(at: configuration, withIntermediateDirectories: false)
            let head = """
                dn: cn=config
                objectClass: olcGlobal
                cn: config

                dn: cn=schema,cn=config
                objectClass: olcSchemaConfig
                cn: schema


                """
            let file = directory.appendingPathComponent("config.ldif")
            try Data((head + SettingsSchema.ldif).utf8).write(to: file)
            let arguments = ["-n", "0", "-F", configuration.path, "-l", file.path]
            try await ChildProcess.run("/usr/sbin/slapadd", arguments: arguments) { child in
                let ending = try await child.ending()
                #expect(ending == .exited(code: 0), "\(child.errorText)")
            }
            let names = try FileManager.default.contentsOfDirectory(
                atPath: configuration.appendingPathComponent("cn=config/cn=schema").path)
            #expect(names.contains { $0.hasSuffix("alien-pod.ldif") })
        }
    }
}
