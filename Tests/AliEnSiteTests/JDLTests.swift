import AliEnSite
import Foundation
import PoDCore
import PoDTestKit
import Testing

@Suite struct JDLTests {
    @Test func writes() throws {
        var jdl = JDL()
        try jdl.set("Executable", .text("a; b = {c}, #d"))
        try jdl.set("TTL", .number(3600))
        try jdl.set("Packages", .list(["VO_ALICE@A::1"]))
        try jdl.set("Output", .list(["x@disk=1", "y"]))
        try jdl.set("Empty", .list([]))
        try jdl.set("Requirements", .expression("other.CE == \"A::B::C;\" && !(x)"))
        try jdl.set("ttl", .number(60))
        #expect(
            jdl.text == """
                Executable = "a; b = {c}, #d";
                ttl = 60;
                Packages = {"VO_ALICE@A::1"};
                Output = {
                    "x@disk=1",
                    "y"
                };
                Empty = {};
                Requirements = other.CE == "A::B::C;" && !(x);

                """)
        #expect(try JDL(parsing: jdl.text) == jdl)
        #expect(jdl["EXECUTABLE"] == .text("a; b = {c}, #d"))
    }

    @Test(
        "refuses what AliEn and JAliEn would read apart",
        arguments: [
            (JDLValue.text("say \"x\""), "a quotation mark or a backslash"),
            (.text("a\\b"), "a quotation mark or a backslash"),
            (.text("a\nb"), "a control character"), (.text("a\tb"), "a control character"),
            (.text("a\0"), "a control character"),
            (.text("caf\u{E9}"), "not ASCII"), (.text("$1"), "which AliEn replaces"),
            (.text("x$HOME/y"), "which AliEn replaces"),
            (.list(["a", "b\""]), "a quotation mark"), (.list([""]), "no character"),
            (.list(["it's", "x'"]), "an apostrophe"),
            (.list(["a", "b", "a"]), "a twin"), (.expression("a; b"), "a semicolon"),
            (.expression("x == \"a"), "without its end"),
            (.expression(""), "not the form"), (.expression("{\"a\"}"), "not the form"),
            (.expression("\"a\""), "not the form"),
            (.expression("a\nb"), "a control character"), (.expression("x == \"\u{E9}\""), "not ASCII"),
        ])
    func refuses(value: JDLValue, problem: String) {
        var jdl = JDL()
        let error = #expect(throws: SiteError.self) { try jdl.set("Name", value) }
        #expect(error?.status == .data)
        #expect(error?.description.contains(problem) == true && error?.description.hasPrefix("JDL Name: ") == true)
        #expect(error?.description.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } == true)
        #expect(jdl == JDL(), "nothing is left half-done")
    }

    @Test(arguments: ["", "1a", "a b", "a-b", "\u{E9}", "a;"])
    func refusesNames(name: String) {
        var jdl = JDL()
        #expect(throws: SiteError.self) { try jdl.set(name, .number(1)) }
    }

    @Test("these are safe", arguments: ["", "a;b", "a=b", "#x", "it's", "{", "a, b", "$x", "$", "%HOME", "x$"])
    func takes(text: String) throws {
        var jdl = JDL()
        try jdl.set("Name", .text(text))
        #expect(try JDL(parsing: jdl.text) == jdl)
    }

    @Test func parses() throws {
        let jdl = try JDL(
            parsing: "# a comment; \"\n  A=1 ;B\t= \"x;#\"\n;\r\nc_1={ \"a\" ,\n\"b\"};# no comment here\n".replacing(
                "# no comment here", with: "\n#\"\n") + "Requirements = member(other.GridPartitions,\"P\")\n  && x == 1"
        )
        #expect(jdl["a"] == .number(1))
        #expect(jdl["B"] == .text("x;#"))
        #expect(jdl["C_1"] == .list(["a", "b"]))
        #expect(jdl["Requirements"] == .expression("member(other.GridPartitions,\"P\")   && x == 1"))
    }

    @Test(arguments: [
        ("A", "line 1: expected Name = value;, found the end"), ("A = 1;\n= 2;", "line 2: expected Name = value;"),
        ("A = \"x", "a text without its end"), ("A = \"x\ny\";", "a text without its end"),
        ("A = \"x\" y;", "line 1: A: expected ; after its value, found \"y;\""),
        ("\n\nA = {\"a\",};", "line 3: A: expected a text"),
        ("A = {\"a\" \"b\"};", "expected a list of texts"), ("A = {a};", "expected a list of texts"),
        ("A = 1; a = 2;", "line 1: a stands twice"), ("A = ;", "line 1: JDL A"),
        ("A = \"x\\\\y\";", "a quotation mark or a backslash"), ("A = \"\u{E9}\";", "not ASCII"),
        ("\u{E9} = 1;", "JDL attribute"),
    ])
    func refusesText(text: String, problem: String) {
        let error = #expect(throws: SiteError.self) { try JDL(parsing: text) }
        #expect(error?.status == .data)
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }

    @Test("what is written is read back, for any texts", arguments: [UInt64(1), 2, 3, 4])
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("aZ09 ;=#{},'$\"\\\n\u{E9}(&|!.:/".unicodeScalars)
        var written = 0
        for _ in 0..<2000 {
            var texts: [String] = []
            for _ in 0..<3 {
                var text = ""
                for _ in 0..<Int.random(in: 0...6, using: &generator) {
                    text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
                }
                texts.append(text)
            }
            var jdl = JDL()
            do {
                try jdl.set("A", .text(texts[0]))
                try jdl.set("B", .list([texts[1], texts[2]]))
            } catch {
                continue
            }
            written += 1
            #expect(try JDL(parsing: jdl.text) == jdl)
        }
        #expect(written > 20)
    }
}
