import PoDMonitor
import Testing

@Suite struct RestPathTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let path: String
        var window: TimeWindow?
        var parameters: String?
        var condition: String?
        var testDescription: String { self.path }
    }

    private static let lastMinute = TimeWindow(from: -60000, to: -1)

    @Test(
        "which segment means what",
        arguments: [
            Case(path: "F"), Case(path: "F/C"), Case(path: "F/C/N"),
            Case(path: "F/C/N/P", parameters: "P"),
            Case(path: "F/C/N/-60000", parameters: "-60000"),
            Case(path: "F/C/N/-60000/-1", window: lastMinute),
            Case(path: "F/C/N/-60000/-1/P", window: lastMinute, parameters: "P"),
            Case(path: "F/C/N/-60000/-1/P/2:3", window: lastMinute, parameters: "P", condition: "2:3"),
            Case(path: "F/C/N/-60000/-1/P/2:3/x/y", window: lastMinute, parameters: "P", condition: "2:3"),
            Case(path: "F/C/N/P/5", parameters: "P", condition: "5"),
            Case(path: "F/C/N/-60000/P", parameters: "-60000", condition: "P"),
            Case(path: "F/C/N/P/5/Q", parameters: "Q", condition: "5"),
            Case(path: "F/C/N/P/5/Q/6", parameters: "Q", condition: "6"),
            Case(path: "F/C/N/0/-1/P", parameters: "P"),
            Case(path: "F/C/N/+5/+7/P", window: TimeWindow(from: 5, to: 7), parameters: "P"),
            // One more than fits into 64 bits.
            Case(path: "F/C/N/-60000/9223372036854775808/P", parameters: "P", condition: "9223372036854775808"),
            Case(path: "F/C/N/1.5/2/P", parameters: "P", condition: "2"),
        ])
    func parse(_ expected: Case) {
        let path = RestPath(segments: expected.path.split(separator: "/").map(String.init))
        #expect(path.window == expected.window)
        #expect(path.parameters == expected.parameters)
        #expect(path.condition == expected.condition)
    }

    @Test(
        "browsing shows one level below the last name",
        arguments: [([], 1), (["F"], 2), (["F", "C"], 3), (["F", "C", "N"], 4), (["F", "C", "N", "-9", "-1"], 4)]
            as [([String], Int)])
    func browsed(_ segments: [String], _ columns: Int) {
        #expect(RestPath(segments: segments).browsedColumns == columns)
    }

    @Test(
        "lists of parameters",
        arguments: [
            ("P", ["P"]), ("P|Q", ["P", "Q"]), ("P|P", ["P", "P"]), ("|P", ["*", "P"]), ("P|", ["P"]), ("P||", ["P"]),
            ("P||Q", ["P", "*", "Q"]), ("|", []), ("||", []),
        ] as [(String, [String])])
    func lists(_ text: String, _ items: [String]) {
        let path = RestPath(segments: ["F", "C", "N", text])
        #expect(path.patterns.map(\.parameter) == items.map { NamePattern($0) })
    }
}

@Suite struct RestTargetTests {
    @Test(
        "takes a target apart as Tomcat does",
        arguments: [
            ("/rest/", "/", [], nil),
            ("/rest/A/C", "/A/C", ["A", "C"], nil),
            ("/rest//A//C/", "/A/C/", ["A", "C"], nil),
            ("/rest/A/./C/.", "/A/C/", ["A", "C"], nil),
            ("/rest/A/x/../C", "/A/C", ["A", "C"], nil),
            ("/x/../rest/A", "/A", ["A"], nil),
            ("/%72est/%41", "/A", ["A"], nil),
            ("/rest/a;b=c/d;e", "/a/d", ["a", "d"], nil),
            ("/rest/a%3Bb", "/a;b", ["a;b"], nil),
            ("/rest/a+b%20c", "/a+b c", ["a+b c"], nil),
            ("/rest/%C3%89%ff", "/É\u{FFFD}", ["É\u{FFFD}"], nil),
            ("/rest/É|*", "/É|*", ["É|*"], nil),
            ("/rest/A?Accept=text%2Fcsv", "/A", ["A"], "text/csv"),
            ("/rest/A?x=1&Accept=a+b&Accept=c#Accept=d", "/A", ["A"], "a b"),
            ("/rest/A?accept=text/csv", "/A", ["A"], nil),
            ("/rest/A?Accept", "/A", ["A"], ""),
            ("http://host:8080/rest/A?Accept=x", "/A", ["A"], "x"),
        ] as [(String, String, [String], String?)])
    func takeApart(_ target: String, _ path: String, _ segments: [String], _ accept: String?) throws {
        let parsed = try RestTarget(target)
        #expect(parsed.path == path)
        #expect(parsed.segments == segments)
        #expect(parsed.accept == accept)
    }
}
