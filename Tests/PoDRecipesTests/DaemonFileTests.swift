import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit
import Testing

@Suite struct DaemonFileTests {
    @Test("files are whole, their owner's alone, and replaced")
    func replace() throws {
        try TemporaryDirectory.with { directory in
            for text in ["one\n", "", "two\nlines\n"] {
                try DaemonFile.replace([DaemonFile(name: "a.cf", text: text)], in: directory.path)
                #expect(try Self.text("a.cf", in: directory) == text)
            }
            #expect(try Self.mode("a.cf", in: directory) == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["a.cf"])
        }
    }

    @Test("a reader never sees half a file")
    func atomic() async throws {
        try await TemporaryDirectory.with { directory in
            let texts = [String(repeating: "a", count: 1 << 20), String(repeating: "b", count: 1 << 20)]
            let path = directory.path
            try DaemonFile.replace([DaemonFile(name: "f", text: texts[0])], in: path)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for index in 0..<50 {
                        try DaemonFile.replace([DaemonFile(name: "f", text: texts[index % 2])], in: path)
                    }
                }
                group.addTask {
                    for _ in 0..<200 {
                        let text = try Self.text("f", in: directory)
                        #expect(texts.contains(text))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a link that somebody planted is not followed")
    func link() throws {
        try TemporaryDirectory.with { directory in
            let victim = directory.appendingPathComponent("victim")
            try "mine".write(to: victim, atomically: true, encoding: .utf8)
            let manager = FileManager.default
            let link = directory.appendingPathComponent("proof.conf")
            try manager.createSymbolicLink(at: link, withDestinationURL: victim)
            try DaemonFile.replace([DaemonFile(name: "proof.conf", text: "new")], in: directory.path)
            #expect(try Self.text("victim", in: directory) == "mine")
            #expect(try Self.text("proof.conf", in: directory) == "new")
        }
    }

    @Test("a name is no path", arguments: ["", ".", "..", "../a", "a/b", "/etc/passwd", "a\0b"])
    func name(name: String) throws {
        try TemporaryDirectory.with { directory in
            #expect(throws: RecipeError.self) {
                try DaemonFile.replace([DaemonFile(name: name, text: "x")], in: directory.path)
            }
            #expect(throws: RecipeError.self) { try DaemonFile.makeDirectories([name], in: directory.path) }
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            #expect(names.isEmpty)
        }
    }

    @Test("directories are their owner's alone; those that are there stay, with what is in them")
    func directories() throws {
        try TemporaryDirectory.with { directory in
            let plan = DaemonPlan(
                command: ["d"], directories: ["admin"], files: [DaemonFile(name: "d.cf", text: "x")], ready: .started)
            try plan.layOut(in: directory.path)
            try DaemonFile.replace([DaemonFile(name: "kept", text: "")], in: "\(directory.path)/admin")
            try plan.layOut(in: directory.path)
            #expect(try Self.mode("admin", in: directory) == 0o700)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/admin") == ["kept"])
        }
    }

    @Test("what can't be made says so")
    func failure() throws {
        try TemporaryDirectory.with { directory in
            try DaemonFile.replace([DaemonFile(name: "file", text: "")], in: directory.path)
            let attempts: [() throws -> Void] = [
                { try DaemonFile.makeDirectories(["file"], in: directory.path) },
                { try DaemonFile.replace([DaemonFile(name: "a", text: "")], in: "\(directory.path)/none") },
            ]
            for attempt in attempts {
                let error = #expect(throws: RecipeError.self) { try attempt() }
                #expect(error?.status == .cannotCreate)
                #expect(error?.description.contains(directory.path) == true)
            }
        }
    }

    private static func text(_ name: String, in directory: URL) throws -> String {
        try String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)
    }

    private static func mode(_ name: String, in directory: URL) throws -> Int? {
        let path = directory.appendingPathComponent(name).path
        return try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}
