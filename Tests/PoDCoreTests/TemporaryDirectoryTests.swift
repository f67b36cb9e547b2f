import Foundation
import PoDTestKit
import Testing

@Suite struct TemporaryDirectoryTests {
    private struct Wanted: Error {}

    @Test func isPrivateAndGoneAfterwards() throws {
        let used = try TemporaryDirectory.with { directory in
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.path)
            #expect(attributes[.posixPermissions] as? Int == 0o700)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
            try Data("kept?".utf8).write(to: directory.appendingPathComponent("file"))
            return directory
        }
        #expect(!FileManager.default.fileExists(atPath: used.path))
    }

    @Test func isGoneAfterAnError() async throws {
        var used: URL?
        await #expect(throws: Wanted.self) {
            try await TemporaryDirectory.with { directory in
                used = directory
                await Task.yield()
                throw Wanted()
            }
        }
        #expect(!FileManager.default.fileExists(atPath: try #require(used).path))
    }

    @Test func holdsFixtures() throws {
        try TemporaryDirectory.with { directory in
            let fixtures = FixtureDirectory(at: directory)
            try Data(#"{"a":1}"#.utf8).write(to: directory.appendingPathComponent("two.json"))
            try Data("1".utf8).write(to: directory.appendingPathComponent("one.json"))
            try Data([0xFF, 0x00]).write(to: directory.appendingPathComponent("two.bin"))
            #expect(try fixtures.names(withExtension: "json") == ["one", "two"])
            #expect(try fixtures.bytes(of: "two.bin") == [0xFF, 0x00])
            #expect(try fixtures.text(of: "one.json") == "1")
            #expect(try fixtures.decode([String: Int].self, from: "two.json") == ["a": 1])
            #expect(throws: TestKitError.self) { try fixtures.text(of: "two.bin") }
            #expect(throws: (any Error).self) { try fixtures.bytes(of: "three.bin") }
        }
    }
}
