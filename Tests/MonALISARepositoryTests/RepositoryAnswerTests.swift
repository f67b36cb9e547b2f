import MonALISARepository
import PoDCore
import Testing

/// Answers as the service does not write them, or as somebody made it write them.
@Suite struct RepositoryAnswerTests {
    private static let json = "application/json"

    /// A good row in JSON.
    private static func row(_ node: String) -> String {
        #"{"Farm":"F","Cluster":"C","Node":"\#(node)","Parameter":"P","Value":"v","Timestamp":"1"}"#
    }

    @Test(
        "skips a bad row with its reason, and reads those around it",
        arguments: [
            ("7", "expected an object"), ("[1]", "expected an object"), ("null", "expected an object"),
            ("{}", "expected Farm, Cluster, Node, Parameter, Value and Timestamp"),
            (
                #"{"Farm":"F","Cluster":"C","Node":"N","Parameter":"P","Value":"v"}"#,
                "expected Farm, Cluster, Node, Parameter, Value and Timestamp"
            ),
            (
                #"{"Farm":"F","Cluster":"C","Node":"N","Parameter":"P","Value":7,"Timestamp":"1"}"#,
                "expected Value as a string"
            ),
            (
                #"{"Farm":"F","Cluster":"C","Node":"N","Parameter":"P","Value":{"a":[1]},"Timestamp":"1"}"#,
                "expected Value as a string"
            ),
            (
                #"{"Farm":"F","Farm":"G","Cluster":"C","Node":"N","Parameter":"P","Value":"v","Timestamp":"1"}"#,
                "a field stands twice"
            ),
            (
                #"{"Farm":"","Cluster":"C","Node":"N","Parameter":"P","Value":"v","Timestamp":"1"}"#,
                "an empty name"
            ),
            (
                #"{"Farm":"F","Cluster":"C","Node":"N","Parameter":"P","Value":"v","Timestamp":""}"#,
                #"Timestamp: expected milliseconds since 1970, found """#
            ),
            (
                #"{"Farm":"F","Cluster":"C","Node":"N","Parameter":"P","Value":"v","Timestamp":"-1"}"#,
                #"Timestamp: expected milliseconds since 1970, found "-1""#
            ),
            (
                #"{"Farm":"F","Cluster":"C","Node":"N","Parameter":"P","Value":"v","Timestamp":"9999999999999999999"}"#,
                #"Timestamp: expected milliseconds since 1970, found "9999999999999999999""#
            ),
            (
                #"{"Farm":"F","Cluster":"C","Node":"N","Parameter":"P","Value":"\ud800","Timestamp":"1"}"#,
                "JSON, byte 158: half of a surrogate pair"
            ),
        ])
    func badRows(_ bad: String, _ reason: String) throws {
        let text = "{\"results\":[\n\(Self.row("1")),\n\(bad),\n\(Self.row("2"))\n]}"
        let answer = try RepositoryAnswer(text.utf8, Self.json)
        #expect(RowText.rows(of: answer).map(\.node) == ["1", "2"])
        #expect(answer.rows.map(\.number) == [1, 3])
        #expect(answer.skipped == [SkippedRow(number: 2, reason: reason)])
    }

    @Test("tells of a thousand rows that it skipped, and reads those behind them")
    func mostSkipped() throws {
        let bad = Array(repeating: "{}", count: 1500).joined(separator: ",")
        let answer = try RepositoryAnswer("{\"results\":[\(bad),\(Self.row("1"))]}".utf8, Self.json)
        #expect(answer.skipped.count == 1000)
        #expect(RowText.rows(of: answer).map(\.node) == ["1"])
    }

    @Test("skips a row with a value that is not UTF-8")
    func notUTF8() throws {
        let bad = Array(#"{"Farm":"F","Cluster":"C","Node":"N","Parameter":"P","Value":""#.utf8) + [0xFF]
        let text =
            Array("{\"results\":[\(Self.row("1")),".utf8) + bad
            + Array("\",\"Timestamp\":\"1\"},\(Self.row("2"))]}".utf8)
        let answer = try RepositoryAnswer(text, Self.json)
        #expect(RowText.rows(of: answer).map(\.node) == ["1", "2"])
        #expect(answer.skipped.first?.reason.hasSuffix("the string is not UTF-8") == true)
    }

    @Test("takes members in any order, blanks, escapes in names, and members that it does not know")
    func leniency() throws {
        let text = """
            {"version":[1,{"a":null}], "results" : [ { "Timestamp":"12","Value":"","Extra":{"x":[]},
            "Parameter":"P\\u00e9","Node":"N","Cluster":"C\\/D","Farm":"F" } ] , "more":true}
            """
        let answer = try RepositoryAnswer(text.utf8, "text/json;charset=UTF-8")
        #expect(RowText.rows(of: answer) == [RowText("F", "C/D", "N", "Pé", "", 12)])
        #expect(answer.skipped.isEmpty)
    }

    @Test(
        "refuses a body that is none of the formats, and says why",
        arguments: [
            (json, "", "an empty answer where JSON was promised"),
            (json, " \n", "an empty answer where JSON was promised"),
            (json, "F/C/N/P/v/1\n", #"expected JSON, found "F/C/N/P/v/1\n""#),
            (json, "[]", #"expected JSON, found "[]""#),
            (json, "{}", #"JSON, byte 0: expected "results""#),
            (json, #"{"results":{}}"#, "JSON, byte 11: expected an array"),
            (json, #"{"results":[],"results":[]}"#, #"JSON, byte 15: "results" stands twice"#),
            (json, #"{"results":[]}x"#, "JSON, byte 14: expected nothing more"),
            (json, "<results/>", #"expected JSON, found "<results/>""#),
            ("text/xml", "", "an empty answer where XML was promised"),
            ("text/xml", "{}", #"expected XML, found "{}""#),
            ("text/xml", "<rss></rss>", "expected XML with <results>"),
            ("text/xml", "<results>\n", "XML, byte 10: the text has no end"),
            ("text/csv", "a;b\n", "expected a CSV heading #Farm|Cluster|Node|Parameter|Value|Timestamp"),
            ("text/csv", "#Farm|Clu", "expected a CSV heading #Farm|Cluster|Node|Parameter|Value|Timestamp"),
            (
                "image/png", "\u{1}PNG",
                #"expected JSON, plain text, CSV or XML, found content type "image/png""#
            ),
            ("", "", "an empty answer without a content type"),
            (
                json, " <!DOCTYPE html><p>",
                "a page of HTML instead of values: not the URL of a repository, or its filter of User-Agents"
            ),
            (
                "text/plain", "<HTML><body>",
                "a page of HTML instead of values: not the URL of a repository, or its filter of User-Agents"
            ),
        ])
    func refusals(_ contentType: String, _ body: String, _ problem: String) {
        let error = #expect(throws: RepositoryError.self) { try RepositoryAnswer(body.utf8, contentType) }
        #expect(error == RepositoryError(.data, "http://h/rest: \(problem)"))
    }

    @Test(
        "goes by the body where the content type leaves it open",
        arguments: [
            ("", #"{"results":[]}"#, 0), ("application/octet-stream", " {\"results\": []}", 0),
            ("text/plain", "{\"results\":[\n]}", 0), ("text/plain;charset=UTF-8", "F/C/N/P/v/1\n", 1),
            ("", "F/C/N/P/v/1\n", 1), ("text/plain", "#Farm|Cluster|Node|Parameter|Value|Timestamp\nF|C|N|P|v|1\n", 1),
            ("", "<results metadata=\"/\" timestamp=\"1\">\n</results>", 0), ("TEXT/CSV", "", 0), ("text/plain", "", 0),
            // Names of farms that begin as other formats do.
            ("text/plain", "{F/C/N/P/v/1\n", 1), ("text/plain", "#F/C/N/P/v/1\n", 1),
            ("text/plain", "<F/C/N/P/v/1\n", 1),
        ])
    func secondOpinion(_ contentType: String, _ body: String, _ rowCount: Int) throws {
        let answer = try RepositoryAnswer(body.utf8, contentType)
        #expect(answer.rows.count == rowCount && answer.skippedCount == 0)
    }

    @Test("lets no value pass for a page of HTML")
    func hostileValue() throws {
        let rows = "F/C/1/P/<html><!doctype html>/1\nF/C/2/P/v/1\n"
        #expect(try RepositoryAnswer(rows.utf8, "text/plain").rows.count == 2)
        let text = "{\"results\":[\(Self.row("<html>")),\(Self.row("2"))]}"
        #expect(try RepositoryAnswer(text.utf8, Self.json).rows.count == 2)
    }

    @Test(
        "reads a line of plain text or skips it",
        arguments: [
            ("F/C/N/P/v/1", RowText("F", "C", "N", "P", "v", 1)), ("F/C/N/P//1", RowText("F", "C", "N", "P", "", 1)),
            ("F/C/N/P/a/b//c/1", RowText("F", "C", "N", "P", "a/b//c", 1)),
            ("F/C/N/P/v/000000000000000001", RowText("F", "C", "N", "P", "v", 1)),
            ("", nil), ("F/C/N/P/1", nil), ("F/C/N/P/v/", nil), ("F/C/N/P/v/1 ", nil), ("F/C/N/P/v/1\r", nil),
            ("/C/N/P/v/1", nil), ("F//N/P/v/1", nil), ("F/C//P/v/1", nil), ("F/C/N//v/1", nil), ("F/C/N/P/v/+1", nil),
            ("F/C/N/P/v/1e3", nil), ("F/C/N/P/v/1000000000000000000", nil),
        ] as [(String, RowText?)])
    func plainLines(_ line: String, _ row: RowText?) throws {
        let answer = try RepositoryAnswer("A/B/C/D/E/1\n\(line)\nA/B/C/D/E/2\n".utf8, "text/plain")
        #expect(RowText.rows(of: answer).filter { $0.farm != "A" } == (row.map { [$0] } ?? []))
        #expect(answer.rows.count == (row == nil ? 2 : 3))
        #expect(answer.skipped.map(\.number) == (row == nil ? [2] : []))
    }

    @Test(
        "reads a line of CSV or skips it",
        arguments: [
            ("F|C|N|P|v|1", RowText("F", "C", "N", "P", "v", 1)),
            (#""F f"|"C,c"|"N\|n"|P|",\|"|1"#, RowText("F f", "C,c", "N|n", "P", ",|", 1)),
            (#"F|C|N|P|"a \| b"|1"#, RowText("F", "C", "N", "P", "a | b", 1)),
            (#"F|C|N|P|say"hi"|1"#, RowText("F", "C", "N", "P", #"say"hi""#, 1)),
            (#"F|C|N|P|"hi"|1"#, RowText("F", "C", "N", "P", #""hi""#, 1)),
            (#"F|C|N|P|"say "hi""|1"#, RowText("F", "C", "N", "P", #"say "hi""#, 1)),
            (#"F|C|N|back\|v|1"#, RowText("F", "C", "N", #"back\"#, "v", 1)),
            (#"F|C|N|P|"a \"|1"#, RowText("F", "C", "N", "P", #"a \"#, 1)),
            (#"F|C|N|P|"|1"#, RowText("F", "C", "N", "P", #"""#, 1)),
            ("", nil), ("F|C|N|P|v", nil), ("F|C|N|P|v|1|2", nil), ("F|C|N|P|v|x", nil), ("|C|N|P|v|1", nil),
            (#"F|C|"N|P|v|1"#, RowText("F", "C", #""N"#, "P", "v", 1)),
        ] as [(String, RowText?)])
    func csvLines(_ line: String, _ row: RowText?) throws {
        let heading = "#Farm|Cluster|Node|Parameter|Value|Timestamp"
        let answer = try RepositoryAnswer("\(heading)\nA|B|C|D|E|1\n\(line)\nA|B|C|D|E|2\n".utf8, "text/csv")
        #expect(RowText.rows(of: answer).filter { $0.farm != "A" } == (row.map { [$0] } ?? []))
        #expect(answer.rows.count == (row == nil ? 2 : 3))
        #expect(answer.skipped.map(\.number) == (row == nil ? [2] : []))
    }

    @Test(
        "reads an element of XML or skips it",
        arguments: [
            (
                #"Farm="F" Cluster="C" Node="N" Parameter="P" Value="&lt;&amp;gt;&quot;&gt;" Timestamp="1"/"#,
                RowText("F", "C", "N", "P", #"<&gt;">"#, 1)
            ),
            // A text that looks like attributes, but has no quotation mark of its own.
            (
                #"Farm="F" Cluster="C" Node="1 Value=" Parameter=" Timestamp=" Value="x Timestamp=" Timestamp="1"/"#,
                RowText("F", "C", "1 Value=", " Timestamp=", "x Timestamp=", 1)
            ),
            (
                "Farm=\"F\" Cluster=\"C\" Node=\"N\" Parameter=\"P\" Value=\"a\u{1}\nb & &nbsp;\" Timestamp=\"1\"/",
                RowText("F", "C", "N", "P", "a\u{1}\nb & &nbsp;", 1)
            ),
            (#"Farm="F" Cluster="C" Node="N" Parameter="P" Value="v""#, nil),
            (#"Farm="F" Cluster="C" Node="N" Parameter="P" Value="v" Timestamp="1""#, nil),
            (#"Farm="F" Cluster="C" Node="N" Parameter="P" Value="v" Value="w" Timestamp="1"/"#, nil),
            (#"Farm="F" Cluster="C" Node="N" Parameter="P" Value='v' Timestamp="1"/"#, nil),
            (#"Farm="F/"#, nil), ("Farm", nil), ("", nil), ("/", nil), (#"Farm="F"/"#, nil),
        ] as [(String, RowText?)])
    func xmlElements(_ attributes: String, _ row: RowText?) throws {
        let good = #"<result Farm="A" Cluster="B" Node="C" Parameter="D" Value="E" Timestamp="2"/>"#
        let text = "<results metadata=\"/&gt;\" timestamp=\"1\">\n\(good)\n<result \(attributes)>\n\(good)\n</results>"
        let answer = try RepositoryAnswer(text.utf8, "text/xml")
        #expect(RowText.rows(of: answer).filter { $0.farm != "A" } == (row.map { [$0] } ?? []))
        #expect(answer.rows.count == (row == nil ? 2 : 3))
        #expect(answer.skipped.map(\.number) == (row == nil ? [2] : []))
    }

    @Test("counts skipped rows without end, but tells only of the first thousand")
    func manySkipped() throws {
        let answer = try RepositoryAnswer(String(repeating: "\n", count: 5000).utf8, "text/plain")
        #expect(answer.skippedCount == 5000)
        #expect(answer.skipped.count == 1000)
    }

    @Test("takes the clock from the server's Date")
    func serverTime() throws {
        let answer = try RepositoryAnswer(
            HTTPAnswer(url: "u", status: 200, contentType: "text/plain", body: [], date: 1_700_000_000))
        #expect(answer.serverTime == 1_700_000_000_000)
    }
}
