import Foundation
import PoDTestKit
import Testing

/// The patches of AliEn's JobAgent, against the lines that they need to see, at the place where those stand.
@Suite(.timeLimit(.minutes(10)))
struct PatchTests {
    private static let branches = ["v2-19", "v2-20", "v2-21", "master"]
    private static let patches = AliEnDirectory.schemaFile.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("patches")

    /// A file that is blank but for the fragment, by default where the real one has it.
    private func makeFile(_ branch: String, in directory: URL, linesEarlier shift: Int = 0) throws -> URL {
        let text = try FixtureDirectory(in: .module).text(of: "JobAgent-\(branch).lines")
        let lines = text.split(separator: "\n").map(String.init)
        let number = try #require(lines.first.flatMap { Int($0) })
        let file = directory.appendingPathComponent("common/lib/AliEn/Service/JobAgent.pm")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let blank = (1..<(number - shift)).map { "# \($0)" }
        try Data((blank + lines.dropFirst() + ["# end", ""]).joined(separator: "\n").utf8).write(to: file)
        return file
    }

    private func patch(_ branch: String, in directory: URL, _ options: [String]) async throws -> ChildProcess.Ending {
        let file = Self.patches.appendingPathComponent("\(branch).patch").path
        let arguments = ["-p1", "-s", "-i", file] + options
        return try await ChildProcess.run("patch", arguments: arguments, directory: directory.path) { child in
            try await child.ending()
        }
    }

    @Test("applies at its line without fuzz", arguments: branches)
    func applies(branch: String) async throws {
        try await TemporaryDirectory.with { directory in
            let file = try self.makeFile(branch, in: directory)
            #expect(try await self.patch(branch, in: directory, ["--dry-run", "-F0"]) == .exited(code: 0))
            #expect(try await self.patch(branch, in: directory, ["-F0"]) == .exited(code: 0))
            let text = try String(contentsOf: file, encoding: .utf8)
            let hook = try #require(text.range(of: "checkPoD($self)"))
            #expect(try #require(text.range(of: "requestJob()")).upperBound < hook.lowerBound)
            #expect(try #require(text.range(of: "sendJAStatus('DONE'")).lowerBound > hook.upperBound)
            #expect(try await self.patch(branch, in: directory, ["--dry-run", "-f", "-R", "-F0"]) == .exited(code: 0))
        }
    }

    @Test("finds its place when lines above are gone, and refuses another file")
    func findsItsPlace() async throws {
        try await TemporaryDirectory.with { directory in
            _ = try self.makeFile("v2-19", in: directory, linesEarlier: 40)
            #expect(try await self.patch("v2-19", in: directory, ["--dry-run", "-F0"]) == .exited(code: 0))
            #expect(try await self.patch("master", in: directory, ["--dry-run", "-f", "-F0"]) == .exited(code: 1))
        }
    }

    @Test("is small and the same for all")
    func isSmall() throws {
        let added = try Set(
            Self.branches.map { branch in
                try String(contentsOf: Self.patches.appendingPathComponent("\(branch).patch"), encoding: .utf8)
                    .split(separator: "\n").filter { $0.hasPrefix("+") && !$0.hasPrefix("+++") }.map(String.init)
            })
        #expect(added.count == 1)
        #expect(try #require(added.first).count <= 6)
    }
}
