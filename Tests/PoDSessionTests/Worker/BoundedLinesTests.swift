import PoDSession
import Testing

/// Output to lines, however it is cut into pieces.
struct BoundedLinesTests {
    private static func lines(_ text: String, longest: Int, pieces: Int) -> [String] {
        var splitter = BoundedLines(longest: longest)
        var lines: [String] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            bytes[start..<min(bytes.count, start + pieces)].withUnsafeBytes { lines += splitter.append($0) }
        }
        return lines + (splitter.finish().map { [$0] } ?? [])
    }

    @Test(
        arguments: [
            ("", []), ("\n", [""]), ("a\nb", ["a", "b"]), ("a\n\nb\n", ["a", "", "b"]), ("12345\n6", ["12345", "6"]),
            ("123456\n7\n", ["12345…", "7"]), ("123456789", ["12345…"]), ("1234567890123\n\nx", ["12345…", "", "x"]),
        ] as [(String, [String])], [1, 2, 3, 100])
    func splits(text: (String, [String]), pieces: Int) {
        #expect(Self.lines(text.0, longest: 5, pieces: pieces) == text.1)
    }
}
