import PoDMonitor
import Testing

@Suite struct NumberTextTests {
    @Test(
        "shows numbers as Java's DecimalFormat does",
        arguments: [
            (0, "0"), (-0.0, "-0"), (1, "1"), (-1, "-1"), (0.1, "0.1"), (21001, "21001"),
            (1e20, "100000000000000000000"),
            (123456789.123456789, "123456789.12345679"), (1.0 / 3, "0.33333333333"), (-2.0 / 3, "-0.66666666667"),
            (.nan, "NaN"), (.infinity, "∞"), (-.infinity, "-∞"), (1e-11, "0.00000000001"), (1e-12, "0"),
            (-1e-12, "-0"), (9.9e-12, "0.00000000001"), (.leastNonzeroMagnitude, "0"),
            (0x1p53, "9007199254740992"),
            // Halves of the last decimal: of the binary numbers nearest to them, 2.5e-11 lies above, the others below.
            (5e-12, "0"), (1.5e-11, "0.00000000001"), (2.5e-11, "0.00000000003"), (4.5e-11, "0.00000000004"),
            // Halves exactly: 1/4096 and 3/4096 end in a 5 at the twelfth decimal, and go to the even digit.
            (0.000244140625, "0.00024414062"), (0.000732421875, "0.00073242188"), (1.000244140625, "1.00024414062"),
            (0.9999999999996, "1"), (0.99999999999, "0.99999999999"), (9.999999999999, "10"),
            (99999.9999999999996, "100000"),
            (1e15, "1000000000000000"), (1.5e16, "15000000000000000"), (-1234.5, "-1234.5"), (1e-5, "0.00001"),
            (1.25e-7, "0.000000125"), (100.5, "100.5"), (1700000000.25, "1700000000.25"),
        ] as [(Double, String)])
    func text(_ number: Double, _ text: String) {
        #expect(NumberText.text(of: number) == text)
    }

    @Test("a large number is its shortest digits and zeros")
    func large() {
        #expect(NumberText.text(of: 1.5e300) == "15" + String(repeating: "0", count: 299))
        let greatest = NumberText.text(of: .greatestFiniteMagnitude)
        #expect(greatest == "17976931348623157" + String(repeating: "0", count: 292))
    }
}

@Suite struct RestFormatTests {
    @Test(
        "the first format found counts, in a fixed order",
        arguments: [
            (nil, nil, .plain), (nil, "*/*", .plain), (nil, "text/json", .json), (nil, "APPLICATION/JSON", .json),
            (nil, "text/csv, text/xml", .xml), (nil, "text/csv;q=1, text/html;q=0.1", .html), (nil, "text/csv", .csv),
            (nil, "application/xml", .plain), ("", "text/csv", .csv), ("text/xml", "text/csv", .xml),
            ("nothing", "text/csv", .plain),
        ] as [(String?, String?, RestFormat)])
    func choice(_ parameter: String?, _ header: String?, _ format: RestFormat) {
        #expect(RestFormat(parameter: parameter, header: header) == format)
    }
}

@Suite struct UserAgentRuleTests {
    @Test(
        "robots and the nameless",
        arguments: [
            (nil, false), ("", false), ("-", false), ("psbot/0.1", false), ("PSBot", false), ("MSNBot", false),
            ("SearchPreview 1", false), ("curl/7.88.1", true), ("--", true), ("my psbot", true),
        ] as [(String?, Bool)])
    func admits(_ userAgent: String?, _ isAdmitted: Bool) {
        #expect(UserAgentRule.admits(userAgent) == isAdmitted)
    }
}

@Suite struct ByteRangesTests {
    @Test(
        "parts of ten bytes",
        arguments: [
            ("bytes=0-3", "0123", "bytes 0-3/10"), ("bytes=7-", "789", "bytes 7-9/10"),
            ("bytes=8-99", "89", "bytes 8-9/10"),
            ("bytes=-2", "789", "bytes 7-9/10"), ("bytes=-99", "0123456789", "bytes 0-9/10"),
            ("bytes=2", "789", "bytes 7-9/10"),
            ("bytes=0-1,4-5", "0145", "bytes 0-5/10"), ("bytes=4-5,0-1,0-0", "45010", "bytes 0-5/10"),
        ] as [(String, String, String)])
    func part(_ header: String, _ part: String, _ contentRange: String) throws {
        let ranges = try ByteRanges(header, bodyLength: 10)
        #expect(String(decoding: ranges.part(of: Array("0123456789".utf8)), as: UTF8.self) == part)
        #expect(ranges.contentRange == contentRange)
    }

    @Test(
        "what can't be given",
        arguments: [
            ("bytes=10-", 10, .notSatisfiable), ("bytes=3-2", 10, .notSatisfiable), ("lines=0-1", 10, .notSatisfiable),
            ("bytes=", 10, .notSatisfiable), ("bytes=,", 10, .notSatisfiable), ("bytes=0-3", 0, .notSatisfiable),
            ("bytes=-5", 0, .notSatisfiable), ("bytes=--5", 10, .notSatisfiable), ("bytes=a-b", 10, .notNumber),
            ("bytes=-", 10, .notNumber), ("bytes=0-3x", 10, .notNumber), ("bytes=0-9999999999", 10, .notNumber),
            ("bytes= 0-1", 10, .notNumber),
            ("bytes=" + Array(repeating: "0-", count: 17).joined(separator: ","), 10, .notSatisfiable),
        ] as [(String, Int, ByteRanges.Problem)])
    func refused(_ header: String, _ length: Int, _ problem: ByteRanges.Problem) {
        #expect(throws: problem) { try ByteRanges(header, bodyLength: length) }
    }
}

@Suite struct NameOrderTests {
    @Test(
        "names in order, ignoring case",
        arguments: [
            ["1", "10", "2"], ["a", "B", "c"], ["a", "ab", "a/"].sorted(), ["e", "z", "ß", "É"], ["A", "Å", "日"],
        ])
    func ignoringCase(_ names: [String]) {
        let orders = names.map { NameOrder(ignoringCaseOf: [$0, "x"]) }
        #expect(orders == orders.sorted())
        #expect(Set(orders).count == names.count)
    }

    @Test("case does not count, a shorter name comes first, and the first name decides")
    func fields() {
        #expect(NameOrder(ignoringCaseOf: ["ABC", "é"]) == NameOrder(ignoringCaseOf: ["abc", "É"]))
        #expect(NameOrder(ignoringCaseOf: ["a", "z"]) < NameOrder(ignoringCaseOf: ["a!", "a"]))
        #expect(NameOrder(joining: ["B"]) < NameOrder(joining: ["a"]))
    }
}
