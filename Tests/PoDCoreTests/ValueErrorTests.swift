import PoDCore
import PoDTestKit
import Testing

@Suite struct ValueErrorTests {
    @Test(arguments: [
        ("abc", "\"abc\""), ("", "\"\""), ("a b", "\"a b\""), ("say \"x\"", #""say \"x\"""#), (#"\"#, #""\\""#),
        ("a\nb", #""a\nb""#), ("\r", #""\r""#), ("\0", #""\0""#), ("\u{1B}[31m", #""\u{1B}[31m""#),
        ("\u{7F}", #""\u{7F}""#), ("é", #""\u{00E9}""#), ("\u{2028}", #""\u{2028}""#), ("\u{202E}", #""\u{202E}""#),
        ("\u{85}", #""\u{0085}""#), ("e\u{301}", #""e\u{0301}""#), ("😀", #""\u{0001F600}""#),
        (String(repeating: "a", count: 80), "\"\(String(repeating: "a", count: 80))\""),
        (String(repeating: "a", count: 81), "\"\(String(repeating: "a", count: 80))…\""),
    ])
    func quotesForOneLine(_ text: String, _ expected: String) {
        #expect(ValueError.quoted(text) == expected)
    }

    @Test func isOneShortLineWhateverWasFound() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let error = ValueError("host", found: String(decoding: bytes, as: UTF8.self), expected: "a host")
            let isPrintable = error.description.unicodeScalars.allSatisfy {
                $0 == "…" || $0.value >= 0x20 && $0.value < 0x7F
            }
            if !isPrintable || error.description.utf8.count > 80 * 12 + 60 {
                Issue.record("\(bytes)")
            }
        }
    }

    @Test func namesValueFoundAndExpected() {
        let error = ValueError("port", found: "0", expected: "a number from 1 to 65535")
        #expect(error.name == "port")
        #expect(error.description == #"port: expected a number from 1 to 65535, found "0""#)
        #expect("\(ValueError("Address", "missing"))" == "Address: missing")
        #expect("\(ValueError("a\n\u{1B}", "missing"))" == #""a\n\u{1B}": missing"#)
        #expect("\(ValueError("é", found: "", expected: "x"))" == #""\u{00E9}": expected x, found """#)
    }
}
