import PoDCore
import Testing

/// What RFC 8259 takes and refuses, by hand-made cases.
@Suite struct JSONConformanceTests {
    struct Good: Sendable, CustomTestStringConvertible {
        let text: String
        let value: JSONValue

        init(_ text: String, _ value: JSONValue) {
            self.text = text
            self.value = value
        }

        var testDescription: String { self.text }
    }

    @Test(arguments: [
        Good("null", .null), Good("true", .bool(true)), Good("false", .bool(false)),
        Good(" \t\r\n1 \t\r\n", .integer(1)),
        Good("0", .integer(0)), Good("-0", .integer(0)), Good("-1", .integer(-1)),
        Good("1234567890", .integer(1_234_567_890)),
        Good("9223372036854775807", .integer(.max)), Good("-9223372036854775808", .integer(.min)),
        Good("9223372036854775808", .number(9_223_372_036_854_775_808)),
        Good("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
        Good("1.5", .number(1.5)), Good("-0.25e2", .number(-25)), Good("1E+2", .number(100)),
        Good("1e-2", .number(0.01)),
        Good("0e0", .number(0)), Good("0.0", .number(0)), Good("1e-400", .number(0)), Good("1.0", .number(1)),
        Good("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
        Good(#""""#, .string("")), Good(#""a""#, .string("a")), Good(#""12345678""#, .string("12345678")),
        Good(#""1234567\n""#, .string("1234567\n")), Good(#""12345678\"9""#, .string("12345678\"9")),
        Good(#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
        Good(#""\u0000\u001f\u007F""#, .string("\u{0}\u{1F}\u{7F}")),
        Good(#""\u00e9\u00E9é""#, .string("ééé")), Good(#""\uD83D\uDE00😀""#, .string("😀😀")),
        Good(#""\uDBFF\uDFFF\uFFFF""#, .string("\u{10FFFF}\u{FFFF}")),
        Good("\"\u{7F}\u{80}\u{2028}\"", .string("\u{7F}\u{80}\u{2028}")),
        Good(#""http:\/\/h""#, .string("http://h")),
        Good("[]", .array([])), Good("[ ]", .array([])), Good("[[],[[]]]", .array([.array([]), .array([.array([])])])),
        Good("[1 , \"a\",null]", .array([.integer(1), .string("a"), .null])),
        Good("{}", .object([])), Good("{ }", .object([])),
        Good(
            #"{"b" : 1 ,"a":{"a":[]}}"#,
            .object([
                .init(name: "b", value: .integer(1)),
                .init(name: "a", value: .object([.init(name: "a", value: .array([]))])),
            ])),
        Good(#"{"":0}"#, .object([.init(name: "", value: .integer(0))])),
        Good(#"{"\u0061":"x"}"#, .object([.init(name: "a", value: .string("x"))])),
    ])
    func takes(_ good: Good) throws {
        #expect(try JSONValue(parsing: Array(good.text.utf8)) == good.value)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let text: [UInt8]
        let offset: Int
        let problem: String

        init(_ text: String, _ offset: Int, _ problem: String) {
            self.init(bytes: Array(text.utf8), offset, problem)
        }

        init(bytes: [UInt8], _ offset: Int, _ problem: String) {
            self.text = bytes
            self.offset = offset
            self.problem = problem
        }

        var testDescription: String { String(decoding: self.text, as: UTF8.self) }
    }

    @Test(arguments: [
        Bad("", 0, "expected a value"), Bad("  ", 2, "expected a value"), Bad("x", 0, "expected a value"),
        Bad("\u{FEFF}1", 0, "expected a value"), Bad("'a'", 0, "expected a value"), Bad("\u{0}", 0, "expected a value"),
        Bad("nul", 3, "expected null"), Bad("nulL", 3, "expected null"), Bad("True", 0, "expected a value"),
        Bad("truex", 4, "expected nothing more"), Bad("fals", 4, "expected false"),
        Bad("1 2", 2, "expected nothing more"),
        Bad("NaN", 0, "expected a value"), Bad("Infinity", 0, "expected a value"), Bad("-", 0, "expected a number"),
        Bad("+1", 0, "expected a value"), Bad("01", 0, "expected a number"), Bad("-01", 0, "expected a number"),
        Bad(".5", 0, "expected a value"), Bad("1.", 2, "expected a digit"), Bad("1.e1", 2, "expected a digit"),
        Bad("1e", 2, "expected a digit"), Bad("1e+", 3, "expected a digit"), Bad("0x1", 1, "expected nothing more"),
        Bad("-x", 0, "expected a number"), Bad("1_0", 1, "expected nothing more"),
        Bad("[1e400]", 1, "the number is too large"), Bad("-1e400", 0, "the number is too large"),
        Bad("\"", 1, "the string has no end"), Bad("\"abc", 4, "the string has no end"),
        Bad("\"abcdefgh", 9, "the string has no end"), Bad("\"\\", 2, "the string has no end"),
        Bad("\"\\\"", 3, "the string has no end"), Bad("\"a\\x\"", 2, "unknown escape"),
        Bad("\"\\u12\"", 1, "expected four hexadecimal digits after \\u"),
        Bad("\"\\u12g4\"", 1, "expected four hexadecimal digits after \\u"),
        Bad("\"\\uD800\"", 1, "half of a surrogate pair"), Bad("\"\\uD800\\n\"", 1, "half of a surrogate pair"),
        Bad("\"\\uD800\\u0041\"", 1, "half of a surrogate pair"),
        Bad("\"\\uDC00\\uD800\"", 1, "half of a surrogate pair"),
        Bad("\"\\uD83D\\uD83D\\uDE00\"", 1, "half of a surrogate pair"),
        Bad("\"a\nb\"", 2, "control character in a string"),
        Bad("\"12345678\u{0}\"", 9, "control character in a string"),
        Bad("\"\u{1F}\"", 1, "control character in a string"),
        Bad(bytes: [0x22, 0xFF, 0x22], 1, "the string is not UTF-8"),
        Bad(bytes: [0x22, 0xC3, 0x22], 1, "the string is not UTF-8"),
        Bad(bytes: [0x22, 0xC0, 0x80, 0x22], 1, "the string is not UTF-8"),
        Bad(bytes: [0x22, 0xED, 0xA0, 0x80, 0x22], 1, "the string is not UTF-8"),
        Bad(bytes: [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1, "the string is not UTF-8"),
        Bad(bytes: [0xFF], 0, "expected a value"),
        Bad("[", 1, "expected a value"), Bad("[1", 2, "the text has no end"), Bad("[1,", 3, "expected a value"),
        Bad("[1,]", 3, "expected another after ','"), Bad("[,1]", 1, "expected a value"),
        Bad("[1 2]", 3, "expected ',' or the end"), Bad("[1}", 2, "expected ',' or the end"),
        Bad("[[]]]", 4, "expected nothing more"), Bad("[[1,]", 4, "expected another after ','"),
        Bad("]", 0, "expected a value"), Bad("[\"a\":1]", 4, "expected ',' or the end"),
        Bad("{", 1, "expected a string"), Bad("{1:2}", 1, "expected a string"), Bad("{a:1}", 1, "expected a string"),
        Bad("{\"a\"", 4, "expected ':'"), Bad("{\"a\"}", 4, "expected ':'"), Bad("{\"a\":", 5, "expected a value"),
        Bad("{\"a\":}", 5, "expected a value"), Bad("{\"a\":1", 6, "the text has no end"),
        Bad("{\"a\":1,}", 7, "expected another after ','"), Bad("{,}", 1, "expected a string"),
        Bad("{\"a\":1 \"b\":2}", 7, "expected ',' or the end"), Bad("{\"a\"::1}", 5, "expected a value"),
        Bad("{\"a\":1]", 6, "expected ',' or the end"), Bad("[1]/**/", 3, "expected nothing more"),
        Bad("{\"a\":1,\"a\":2}", 8, "the name \"a\" stands twice"),
        Bad("{\"a\":1,\"\\u0061\":2}", 8, "the name \"a\" stands twice"),
    ])
    func refuses(_ bad: Bad) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bad.text) }
        #expect(error == JSONError(offset: bad.offset, bad.problem))
    }

    @Test("nests as deep as it says, and no deeper")
    func depth() throws {
        let most = 32
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(try JSONValue(parsing: nested(most)).text.utf8.count == 2 * most)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: nested(most + 1)) }
        #expect(error == JSONError(offset: most, "nested deeper than \(most)"))
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(1_000_000)) }
        // Depth is counted down again.
        let wide = "[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]"
        #expect(try JSONValue(parsing: Array(wide.utf8)).array?.count == 1000)
    }

    @Test("takes as many members as it says, and no more")
    func members() throws {
        func object(_ count: Int) -> [UInt8] {
            Array(("{" + (0..<count).map { "\"\($0)\":0" }.joined(separator: ",") + "}").utf8)
        }
        #expect(try JSONValue(parsing: object(1024)).members?.count == 1024)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: object(1025)) }
        #expect(error?.problem == "more than 1024 members")
    }
}
