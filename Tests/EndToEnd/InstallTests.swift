import Foundation
import PoDTestKit
import Testing

/// `bin/install`, and the tree that it makes.
@Suite(.timeLimit(.minutes(20)))
struct InstallTests {
    private static let program = Products.root.appendingPathComponent("bin/install").path

    /// Whether this user may mount.
    private static let canMount: Bool = {
        let trial = Process()
        trial.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        trial.arguments = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        trial.standardError = FileHandle.nullDevice
        guard (try? trial.run()) != nil else { return false }
        trial.waitUntilExit()
        return trial.terminationStatus == 0
    }()

    private func run(
        _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> (output: String, errors: String, ending: ChildProcess.Ending) {
        let variables = Products.environment.merging(environment) { $1 }
        return try await ChildProcess.run(arguments[0], arguments: Array(arguments.dropFirst()), environment: variables)
        {
            var lines: [String] = []
            while let line = try await $0.nextLine(within: .seconds(700)) {
                lines.append(line)
            }
            return (lines.joined(separator: "\n"), $0.errorText, try await $0.ending())
        }
    }

    private func install(
        below prefix: URL, _ arguments: [String] = [], environment: [String: String] = [:]
    ) async throws {
        let result = try await self.run(
            [Self.program, "--no-build", "--prefix", prefix.path] + arguments, environment: environment)
        try #require(result.ending == .exited(code: 0), "\(result.errors)")
    }

    /// Names and contents of all files.
    private func files(below directory: URL) async throws -> String {
        try await self.run(["sh", "-c", "cd '\(directory.path)' && find . -type f -exec sha256sum {} + | sort -k 2"])
            .output
    }

    @Test(
        "moved and read-only, without the checkout and without Swift, it plays the demo",
        .enabled(if: canMount, "this user may not mount"))
    func movedAndAlone() async throws {
        try await TemporaryDirectory.with { directory in
            let made = directory.appendingPathComponent("made")
            let tree = directory.appendingPathComponent("moved")
            try await self.install(below: made)
            try FileManager.default.moveItem(at: made, to: tree)
            // As somebody's PATH may have it.
            let link = directory.appendingPathComponent("alien-pod")
            try FileManager.default.createSymbolicLink(
                at: link, withDestinationURL: tree.appendingPathComponent("bin/alien-pod"))
            let script = """
                set -e
                tree="$1" link="$2" checkout="$3" empty="$4"
                swift="$(readlink -f "$(command -v swift)")"
                libraries="${swift%/bin/*}/lib"
                mkdir "$empty"
                for hidden in "$libraries/swift" "$libraries/swift_static" "$checkout"; do
                    mount --bind "$empty" "$hidden"
                done
                mount --bind "$tree" "$tree"
                mount -o remount,bind,ro "$tree"
                cd /
                if touch "$tree/written" || swift --version || test -e "$checkout/Package.swift"; then exit 99; fi >&2
                alone() { env -i PATH=/usr/bin:/bin HOME="$HOME" TMPDIR="${TMPDIR:-/tmp}" "$@"; }
                alone "$link" --version
                alone "$tree/bin/alien-pod-publish" --help | head -n 1
                alone "$tree/bin/alien-pod-jobagent" --help | head -n 1
                alone env PERL5LIB="$tree/lib/perl5" perl -e '
                    use AliEn::Service::JobAgent::PoD; print AliEn::Service::JobAgent::PoD::_program(), "\\n"'
                alone "$link" demo --agents 3 --workers 2 >&2
                ls "$tree/share/alien-pod"
                """
            let result = try await self.run([
                "unshare", "--mount", "sh", "-c", script, "sh", tree.path, link.path, Products.root.path,
                directory.appendingPathComponent("empty").path,
            ])
            #expect(result.ending == .exited(code: 0), "\(result.errors)")
            #expect(result.errors.contains("everything is stopped"), "\(result.errors)")
            let lines = result.output.split(separator: "\n").map(String.init)
            #expect(Array(lines.dropFirst().prefix(3)) == ["Usage:", "Usage:", "\(tree.path)/bin/alien-pod"])
            #expect(lines.suffix(5).contains("README.md") && lines.contains("ldap") && lines.contains("patches"))
        }
    }

    @Test("DESTDIR, two perls, manual pages; a second time over the first")
    func staged() async throws {
        try await TemporaryDirectory.with { directory in
            let stage = directory.appendingPathComponent("stage").path
            let prefix = URL(fileURLWithPath: "/opt/alien-pod-of-a-test")
            let tree = URL(fileURLWithPath: stage + prefix.path)
            let perls = ["--perl", "perl", "--perl=/usr/bin/perl"]
            try await self.install(below: prefix, perls, environment: ["DESTDIR": stage])
            let first = try await self.files(below: tree)
            for file in ["bin/alien-pod", "share/man/man1/alien-pod.1", "share/man/man1/alien-pod-publish.1"] {
                #expect(first.contains("./\(file)\n"), "\(first)")
            }
            #expect(first.contains("/auto/AliEn/PoD/libAlienPoD.so"))
            #expect(!FileManager.default.fileExists(atPath: prefix.path))

            let own = tree.appendingPathComponent("share/of-the-site")
            try Data("x".utf8).write(to: own)
            try await self.install(below: prefix, environment: ["DESTDIR": stage])
            #expect(FileManager.default.fileExists(atPath: own.path))
            let names = { (files: String) in files.split(separator: "\n").map { $0.split(separator: " ").last ?? "" } }
            #expect(
                try await names(self.files(below: tree)) == (names(first) + ["./share/of-the-site"]).sorted())
        }
    }

    @Test("a perl with which nothing can be built leaves the tree as it was")
    func failedBuild() async throws {
        try await TemporaryDirectory.with { directory in
            let tree = directory.appendingPathComponent("tree")
            try await self.install(below: tree)
            let before = try await self.files(below: tree)
            let perl = directory.appendingPathComponent("perl")
            try ProgramFile.write(
                "#!/bin/sh\ncase \"$1\" in Makefile.PL) echo no luck; exit 1 ;; esac\nexec perl \"$@\"\n", to: perl.path
            )
            let result = try await self.run([Self.program, "--no-build", "--prefix", tree.path, "--perl", perl.path])
            #expect(result.ending == .exited(code: 70))
            #expect(result.errors.contains("no luck\nbin/install: the Perl modules can't be built for \(perl.path)\n"))
            #expect(try await self.files(below: tree) == before)
        }
    }

    @Test("a full disk leaves what was there", .enabled(if: canMount, "this user may not mount"))
    func fullDisk() async throws {
        try await TemporaryDirectory.with { directory in
            let script = """
                mount -t tmpfs -o size=20m tmpfs "$1" && mkdir "$1/bin" && echo good >"$1/bin/alien-pod"
                "$2" --no-build --prefix "$1"
                echo "$?"
                find "$1" -mindepth 1 -printf '%P\\n' | sort
                cat "$1/bin/alien-pod"
                """
            let result = try await self.run([
                "unshare", "--mount", "sh", "-c", script, "sh", directory.path, Self.program,
            ])
            #expect(result.output == "73\nbin\nbin/alien-pod\ngood", "\(result.errors)")
            #expect(result.errors.contains("\(directory.path) is as it was: the tree can't be written there"))
        }
    }

    @Test(
        "wrong usage",
        arguments: [
            ([], Int32(64), "expected --prefix P"), (["--prefix"], 64, "--prefix: expected a value"),
            (["--prefix", "x", "y"], 64, "unexpected argument y"),
            (["--prefix", "x", "--perl", "/no/perl"], 69, "/no/perl: expected a perl with ExtUtils::MakeMaker"),
            (["--no-build", "--prefix", "/dev/null/x"], 73, "/dev/null/x can't be made"),
        ])
    func wrongUsage(arguments: [String], code: Int32, text: String) async throws {
        let result = try await self.run([Self.program] + arguments)
        #expect(result.ending == .exited(code: code))
        #expect(result.errors.contains("bin/install: \(text)"), "\(result.errors)")
    }

    @Test("the manual page names each command")
    func manualPage() async throws {
        let help = try await Products.run(["--help"]).lines
        let commands = help.drop { $0 != "SUBCOMMANDS:" }.dropFirst().prefix { $0.hasPrefix("  ") }
            .filter { !$0.hasPrefix("   ") }.compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(commands.count > 10)
        let page = try String(
            contentsOf: Products.root.appendingPathComponent("docs/alien-pod.pod"), encoding: .utf8)
        for command in commands {
            #expect(page.contains("B<\(command)>"), "\(command)")
        }
    }
}
