import Foundation
import PoDSession
import PoDTestKit
import Testing

/// The end of a log, whatever is in it.
struct LogTailTests {
    private static func tail(_ bytes: [UInt8], last count: Int = 10, mostBytes: Int = 4096) throws -> [String] {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("daemon.log")
            try Data(bytes).write(to: path)
            return LogTail.lines(of: path.path, last: count, mostBytes: mostBytes)
        }
    }

    @Test(
        arguments: [
            ("", []), ("\n\n", []), ("a", ["a"]), ("a\nb\n", ["a", "b"]), ("a\r\nb\tc", ["a", "b c"]),
            ("\u{1B}[31mred\u{7}", ["\\u{1B}[31mred\\u{07}"]), ("é…😀", ["é…😀"]),
            ("x\u{2028}y\u{202E}z", ["x\\u{2028}y\\u{202E}z"]),
        ] as [(String, [String])])
    func lines(text: String, lines: [String]) throws {
        #expect(try Self.tail(Array(text.utf8)) == lines)
    }

    @Test func bounds() throws {
        #expect(try Self.tail([0xFF, 0x41, 0x0A, 0xC3]) == ["\u{FFFD}A", "\u{FFFD}"])
        #expect(try Self.tail(Array("1\n2\n3\n4\n".utf8), last: 2) == ["3", "4"])
        #expect(try Self.tail(Array("1\n2\n".utf8), last: 0) == [])
        #expect(try Self.tail(Array("1\n2\n".utf8), last: -1) == [])
        #expect(try Self.tail(Array("123\n456\n789\n".utf8), mostBytes: 8) == ["456", "789"])
        let long = try Self.tail(Array(repeating: UInt8(ascii: "x"), count: 1 << 20) + Array("\nlast".utf8))
        #expect(long == ["last"])
        let cut = try Self.tail(Array(repeating: UInt8(ascii: "x"), count: 10_000))
        #expect(cut == [String(repeating: "x", count: 500) + "…"])
    }

    @Test func notAFile() {
        #expect(LogTail.lines(of: "/nonexistent/log", last: 5) == [])
        #expect(LogTail.lines(of: "/dev/zero", last: 5) == [])
        #expect(LogTail.lines(of: "/tmp", last: 5) == [])
    }
}
