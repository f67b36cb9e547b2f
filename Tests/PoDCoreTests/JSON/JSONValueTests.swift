import PoDCore
import Testing

@Suite struct JSONValueTests {
    @Test("gives a member only of the kind that it is")
    func accessors() throws {
        let text = #"{"s":"x","i":7,"n":1.5,"b":true,"a":[1],"o":{"k":null},"z":null}"#
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(value["s"]?.string == "x")
        #expect(value["i"]?.integer == 7)
        #expect(value["i"]?.number == 7)
        #expect(value["n"]?.number == 1.5)
        #expect(value["n"]?.integer == nil)
        #expect(value["b"]?.bool == true)
        #expect(value["a"]?.array == [.integer(1)])
        #expect(value["o"]?.members == [.init(name: "k", value: .null)])
        #expect(value["z"] == .null)
        #expect(value["missing"] == nil)
        for name in ["s", "b", "a", "o", "z"] {
            #expect(value[name]?.number == nil && value[name]?.integer == nil)
        }
        #expect(value["a"]?["s"] == nil)
        #expect(value.string == nil && value.bool == nil && value.array == nil)
        #expect(value.text == text)
    }

    @Test(
        "writes one line whatever it holds",
        arguments: [
            ("", #""""#), ("a\"b\\c/d", #""a\"b\\c/d""#), ("\n\r\t", #""\n\r\t""#),
            ("\u{0}\u{8}\u{1F}\u{7F}", #""\u0000\u0008\u001f\u007f""#), ("\u{2028}\u{2029}", #""\u2028\u2029""#),
            ("\u{80}\u{85}\u{9F}\u{A0}", "\"\\u0080\\u0085\\u009f\u{A0}\""),
            ("é😀", #""é😀""#), ("\r\n", #""\r\n""#),
        ])
    func writtenStrings(_ string: String, _ expected: String) throws {
        let text = JSONValue.string(string).text
        #expect(text == expected)
        #expect(try JSONValue(parsing: Array(text.utf8)) == .string(string))
    }

    @Test(
        "writes numbers that read back as they were",
        arguments: [
            (JSONValue.integer(.min), "-9223372036854775808"), (.integer(.max), "9223372036854775807"),
            (.number(0.1), "0.1"), (.number(1e300), "1e+300"), (.number(.leastNonzeroMagnitude), "5e-324"),
            (.number(-2.5), "-2.5"),
        ])
    func writtenNumbers(_ value: JSONValue, _ expected: String) throws {
        #expect(value.text == expected)
        #expect(try JSONValue(parsing: Array(value.text.utf8)) == value)
    }

    @Test("writes null for what is no number")
    func notFinite() {
        #expect(JSONValue.array([.number(.nan), .number(.infinity), .number(-.infinity)]).text == "[null,null,null]")
    }
}
