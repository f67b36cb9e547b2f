import Foundation
import PoDTestKit
import Testing

/// What `alien-pod submit` makes of settings, defaults and mistakes. Nothing is submitted here.
@Suite(.timeLimit(.minutes(10)))
struct SubmitTests {
    @Test(
        "a master's job follows the settings of its CE, and the command line comes before them",
        .enabled(if: AliEnDirectory.canRun, "slapd is not installed"))
    func settings() async throws {
        var directory = AliEnDirectory()
        let ce = "alice::\(AliEnDirectory.site)::\(AliEnDirectory.computingElementName)"
        directory.organisation = [("podMasterCe", ce), ("podMasterTtl", "7200"), ("podSetup", ". /site/env.sh")]
        directory.organisation.append(("podRevoked", Self.revoked))
        directory.computingElement = [
            ("podMasterPorts", "21000-21009"), ("podRecipe", "dask"), ("podRecipe", "xrootd"),
        ]
        directory.monaLisa = [("podMonalisaUrl", "http://alimonitor.cern.ch"), ("podPublishPeriod", "5")]
        try await directory.run { servers in
            try await SessionHome.with { home in
                let ldap = ["--ldap", servers.plain, "--base", AliEnDirectory.base]
                let command = ["submit", "master", "--print", "--backend", "slurm"] + ldap
                let printed = try await home.run(command)
                #expect(printed.ending == .exited(code: 0), "\(printed.errors)")
                let script = printed.lines.joined(separator: "\n")
                for part in [
                    "#SBATCH --partition=\(AliEnDirectory.computingElementName)\n", "#SBATCH --time=130\n",
                    "--ports 21000-21009", "--repository http://alimonitor.cern.ch", "--publish-period 5",
                    "--ttl 7200", "--idle-timeout 1800", "--setup '. /site/env.sh'",
                    #"--revoked-file "$PWD"/state/revoked"#,
                ] {
                    #expect(script.contains(part), "\(part) in \(script)")
                }
                let own = try await home.run(command + ["--queue", "mine", "--ttl", "600", "--time", "700"])
                #expect(own.lines.contains("#SBATCH --partition=mine"))
                #expect(own.lines.contains("#SBATCH --time=12"))
                #expect(own.lines.joined().contains("--ttl 600"))

                for (arguments, code, complaint) in [
                    (["--ce", "alice::\(AliEnDirectory.site)::PODC"], 66, "PODC"),
                    (["--ce", "PODCE"], 64, "--ce: expected"),
                    (["--recipe", "command", "--command", "x"], 78, "podRecipe allows dask, xrootd"),
                ] as [([String], Int32, String)] {
                    let refused = try await home.run(command + arguments)
                    #expect(refused.ending == .exited(code: code), "\(refused.errors)")
                    #expect(refused.errors.contains(complaint), "\(refused.errors)")
                    #expect(refused.lines == [])
                }
                #expect(!FileManager.default.fileExists(atPath: home.path(of: "default").path))
            }
        }
    }

    /// The thumbprint of a key.
    private static let revoked = String(repeating: "A", count: 43) + "="

    @Test("keys that the settings revoke are in a file of the master's")
    func revokedKeys() async throws {
        try await SessionHome.with(["ALIEN_POD_REVOKED": Self.revoked]) { home in
            _ = try await home.up(workers: 1)
            let file = home.path(of: "default").appendingPathComponent("state/revoked").path
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "\(Self.revoked)\n")
            #expect(try await home.run(["down"]).ending == .exited(code: 0))
        }
    }

    @Test(
        "a setting that can't be taken ends it with 78", .enabled(if: AliEnDirectory.canRun, "slapd is not installed"))
    func wrongSetting() async throws {
        var directory = AliEnDirectory()
        directory.organisation = [("podMasterTtl", "soon")]
        try await directory.run { servers in
            try await SessionHome.with { home in
                let ldap = ["--ldap", servers.plain, "--base", AliEnDirectory.base]
                let refused = try await home.run(["submit", "master", "--no-wait", "--backend", "slurm"] + ldap)
                #expect(refused.ending == .exited(code: 78))
                #expect(refused.errors.contains("podMasterTtl of ou=Config,\(AliEnDirectory.base): expected"))
            }
        }
    }

    @Test("commands that are not here are named", arguments: [("slurm", "sbatch"), ("htcondor", "condor_submit")])
    func absent(backend: String, command: String) async throws {
        try await SessionHome.with(["PATH": "/nowhere"]) { home in
            let refused = try await home.run(["submit", "master", "--backend", backend])
            #expect(refused.ending == .exited(code: 69))
            #expect(
                refused.errors.contains("\(command): not found in PATH; expected the commands of"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: home.path(of: "default").path))
        }
    }

    @Test(
        "what is wrong is named, and nothing is made",
        arguments: [
            (["submit", "master", "--ttl", "86401"], 64, "AliEn takes no job of more than 24 hours"),
            (["submit", "master", "--workers=-1"], 64, "--workers: expected 0 to 1000,"),
            (["submit", "master", "--backend", "slurm", "--queue", "a b"], 64, "--queue: expected letters"),
            (["submit", "master", "--backend", "slurm", "--directive", "a\nb"], 64, "--directive: expected one line"),
            (["submit", "master", "--home", "here"], 64, "--home: expected an absolute path"),
            (["submit", "workers", "--count", "1"], 64, "no session below"),
            (["submit", "workers", "--count", "1", "--master-job-id", "12"], 66, "no session of yours has master 12"),
            (["submit", "workers", "--count", "1", "--master-job-id", "x"], 64, "MasterJobId"),
            (["submit", "cancel", "12"], 66, "no session of yours has job 12"),
            (["master", "--workers", "1", "--status-file", "x"], 64, "expected --job-id, or ALIEN_PROC_ID"),
        ] as [([String], Int32, String)])
    func refused(arguments: [String], code: Int32, complaint: String) async throws {
        try await SessionHome.with { home in
            let refused = try await home.run(arguments)
            #expect(refused.ending == .exited(code: code), "\(refused.errors)")
            #expect(refused.errors.contains(complaint), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: home.path(of: "default").path))
        }
    }
}
