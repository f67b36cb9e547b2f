import Foundation
import Testing

@Suite(.timeLimit(.minutes(10))) struct ExportTests {
    /// A function that the header declares.
    private static func declaredFunctions() throws -> Set<String> {
        let text = try Self.declarations()
        return Set(text.matches(of: /\b(alien_pod_\w+)\(/).map { String($0.1) })
    }

    /// The header without its comments.
    private static func declarations() throws -> String {
        try String(contentsOfFile: Library.header, encoding: .utf8).replacing(/\/\*(?s:.*?)\*\//, with: "")
    }

    @Test func exportsWhatTheHeaderDeclaresAndNothingElse() async throws {
        let lines = try await Library.lines(of: "nm", ["-D", "--extern-only", "--defined-only", Library.file])
        let exported = Set(lines.compactMap { $0.split(separator: " ").last.map(String.init) })
        #expect(exported == (try Self.declaredFunctions()))
        #expect(exported.count >= 18)
    }

    @Test func headerHasNoFunctionPointer() throws {
        let declarations = try Self.declarations()
        #expect(declarations.firstMatch(of: /\(\s*\*/) == nil)
        #expect(declarations.contains("alien_pod_watcher_step("), "the header was read")
    }

    /// What EL8 and EL9 have, by far; growth is silent, so it is held here.
    @Test(arguments: [("GLIBC", [2, 17]), ("GLIBCXX", [3, 4, 21]), ("CXXABI", [1, 3, 11]), ("GCC", [3, 3])])
    func needsNoNewerSymbols(than floor: (library: String, version: [Int])) async throws {
        let text = try await Library.lines(of: "objdump", ["-T", Library.file]).joined(separator: "\n")
        let pattern = try Regex("\\b\(floor.library)_([0-9.]+)", as: (Substring, Substring).self)
        let needed = Set(text.matches(of: pattern).map { $0.output.1 })
        #expect(!needed.isEmpty)
        for version in needed {
            let numbers = version.split(separator: ".").compactMap { Int($0) }
            #expect(!floor.version.lexicographicallyPrecedes(numbers), "\(floor.library)_\(version)")
        }
    }

    @Test func needsOnlyWhatEverySystemHas() async throws {
        let lines = try await Library.lines(of: "readelf", ["-d", Library.file])
        let needed = lines.filter { $0.contains("(NEEDED)") }.compactMap { $0.firstMatch(of: /\[(.*)\]/)?.1 }
        let everywhere = ["ld-linux-x86-64.so.2", "libc.so.6", "libgcc_s.so.1", "libm.so.6", "libstdc++.so.6"]
        #expect(needed.map(String.init).sorted() == everywhere)
        #expect(lines.contains { $0.contains("SONAME") && $0.contains("[libAlienPoD.so]") })
        #expect(lines.contains { $0.contains("NODELETE") }, "the Swift runtime can't be unloaded")
        #expect(!lines.contains { $0.contains("RPATH") || $0.contains("RUNPATH") && !$0.contains("$ORIGIN") })
    }
}
