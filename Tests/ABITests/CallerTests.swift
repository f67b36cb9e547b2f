import CAlienPoD
import Foundation
import PoDTestKit
import Testing

/// Callers of the library that are not Perl.
@Suite(.timeLimit(.minutes(10))) struct CallerTests {
    @Test(arguments: [["gcc", "-std=c99", "-x", "c"], ["g++", "-std=c++11", "-x", "c++"]])
    func misusedFromC(_ compiler: [String]) async throws {
        try await TemporaryDirectory.with { directory in
            let program = directory.appendingPathComponent("misuse").path
            _ = try await Library.lines(
                of: compiler[0],
                Array(compiler.dropFirst()) + [
                    "-Wall", "-Wextra", "-Werror", "-pedantic", "-I", Library.headers,
                    Library.fixtures.url.appendingPathComponent("misuse.c").path, "-o", program,
                    "-L", Library.directory, "-lAlienPoD", "-Wl,-rpath,\(Library.directory)",
                ])
            #expect(try await Library.lines(of: program, []) == [])
        }
    }

    /// A host with a Swift runtime of its own, as this test is.
    @Test func calledFromSwift() throws {
        let library = try #require(dlopen(Library.file, RTLD_NOW | RTLD_LOCAL), "\(String(cString: dlerror()))")
        func function<Function>(_ name: String, as type: Function.Type) throws -> Function {
            unsafeBitCast(try #require(dlsym(library, name)), to: type)
        }
        let version = try function("alien_pod_abi_version", as: (@convention(c) () -> UInt32).self)
        #expect(version() == UInt32(ALIEN_POD_ABI_VERSION))
        let create = try function(
            "alien_pod_publisher_create",
            as: (@convention(c) (UnsafeMutablePointer<OpaquePointer?>) -> Int32).self)
        let set = try function(
            "alien_pod_publisher_set",
            as: (@convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int, UnsafePointer<CChar>?, Int) -> Int32).self)
        let error = try function(
            "alien_pod_publisher_error", as: (@convention(c) (OpaquePointer?) -> UnsafePointer<CChar>).self)
        let free = try function("alien_pod_publisher_free", as: (@convention(c) (OpaquePointer?) -> Void).self)
        var publisher: OpaquePointer?
        #expect(create(&publisher) == ALIEN_POD_OK)
        defer { free(publisher) }
        #expect(set(publisher, "wanted", 6, "7", 1) == ALIEN_POD_OK)
        #expect(set(publisher, "wanted", 6, "x", 1) == ALIEN_POD_USAGE)
        #expect(String(cString: error(publisher)) == #"wanted: expected a whole number from 0 to 1000000, found "x""#)
    }

    @Test func loadedByOnePerlAfterTheOther() async throws {
        let modules = "\(Library.home)/perl/blib"
        try #require(
            FileManager.default.fileExists(atPath: "\(modules)/arch/auto/AliEn/PoD/PoD.so"),
            "the Perl modules are not built: run bin/setup")
        let flags = try await Library.lines(of: "perl", ["-MExtUtils::Embed", "-e", "ccopts", "-e", "ldopts"])
        try await TemporaryDirectory.with { directory in
            let program = directory.appendingPathComponent("interpreters").path
            let source = Library.fixtures.url.appendingPathComponent("interpreters.c").path
            _ = try await Library.lines(
                of: "sh", ["-c", "exec gcc \"$1\" -o \"$2\" \(flags.joined(separator: " "))", "sh", source, program])
            let lines = try await Library.lines(of: program, ["-I\(modules)/lib", "-I\(modules)/arch"])
            #expect(lines == ["20 interpreters"])
        }
    }
}
