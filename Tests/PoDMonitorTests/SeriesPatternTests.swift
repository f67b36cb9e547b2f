import PoDMonitor
import Testing

@Suite struct NamePatternTests {
    @Test(
        "signs and what they stand for",
        arguments: [
            ("*", "a", true), ("%", "anything at all", true),
            ("load1", "load1", true), ("load1", "load10", false), ("load1", "Load1", false), ("", "", true),
            ("load*", "load", true), ("load*", "load15", true), ("load%", "load15", true), ("load*", "xload1", false),
            ("*1", "load1", true), ("*1", "1", true), ("*1", "load15", false),
            ("n*1", "n1", true), ("n*1", "n", false), ("a*a", "a", false), ("a*a", "aa", true),
            ("*oa*", "load", true), ("a*b*c", "aXbYc", true), ("a*b*c", "acb", false), ("a*bc*c", "abcc", true),
            ("a*bc*c", "abc", false), ("**", "x", true), ("*%", "x", true),
            ("a.c", "abc", false), ("a.*", "abc", false), ("a(*", "a(b", true), ("[ab]*", "a1", false),
            ("\u{E9}*", "\u{E9}a", true), ("\u{E9}", "e\u{301}", false),
        ] as [(String, String, Bool)])
    func matches(_ pattern: String, _ name: String, _ isMatch: Bool) {
        #expect(NamePattern(pattern).matches(name) == isMatch)
    }

    @Test("agrees with a search of all ways, on every short pattern and name")
    func exhaustive() {
        func all(_ letters: [Character], _ longest: Int) -> [String] {
            var texts = [""]
            var last = [""]
            for _ in 0..<longest {
                last = last.flatMap { text in letters.map { text + String($0) } }
                texts += last
            }
            return texts
        }
        func matches(_ pattern: Substring, _ name: Substring) -> Bool {
            guard let sign = pattern.first else { return name.isEmpty }
            if sign == "*" {
                return matches(pattern.dropFirst(), name) || !name.isEmpty && matches(pattern, name.dropFirst())
            }
            return name.first == sign && matches(pattern.dropFirst(), name.dropFirst())
        }
        for pattern in all(["a", "b", "*"], 5) {
            for name in all(["a", "b"], 5).dropFirst() {
                let expected = matches(pattern[...], name[...])
                #expect(NamePattern(pattern).matches(name) == expected, "\(pattern) on \(name)")
            }
        }
    }
}

@Suite struct TextPatternTests {
    @Test(
        "what is searched for",
        arguments: [
            ("cern", "master.cern.ch:21001", true), ("cern", "CERN", false), ("", "", true), ("", "x", true),
            ("^m", "master", true), ("^a", "master", false), ("ch$", "cern.ch", true), ("ce$", "cern.ch", false),
            ("^$", "", true), ("^$", "x", false), ("c.rn", "cern", true), ("c.rn", "crn", false), (".", "\n", false),
            ("c\\.rn", "cern", false), ("c\\.rn", "c.rn", true), ("lo*d", "ld", true), ("lo*d", "loood", true),
            ("lo+d", "ld", false), ("lo?d$", "load", false), ("^lo?ad$", "lad", true), ("^a.*z$", "a-b-z", true),
            ("^a.*z$", "a-b", false), ("up(", "up", false), ("up(", "up(1)", true), ("[ab]", "a", false),
            ("a|b", "a", false), ("a|b", "xa|by", true), ("*a", "*a", true), ("a^b", "a^b", true), ("a$b", "a$b", true),
            ("\\", "\\", true), ("日本", "é日本😀", true), ("a*a*b", "aaab", true), ("ab*$", "abcab", true),
        ] as [(String, String, Bool)])
    func found(_ pattern: String, _ text: String, _ isFound: Bool) throws {
        #expect(try #require(TextPattern(pattern)).isFound(in: text) == isFound)
    }

    @Test("a pattern on which backtracking would take years", .timeLimit(.minutes(10)))
    func noBacktracking() throws {
        let pattern = String(repeating: "a?", count: 80) + String(repeating: "a", count: 80)
        let text = String(repeating: "a", count: 79) + String(repeating: "b", count: 4000)
        #expect(try #require(TextPattern(pattern)).isFound(in: text) == false)
        #expect(try #require(TextPattern(pattern)).isFound(in: "a" + text) == true)
    }

    @Test("has a longest pattern")
    func longest() {
        #expect(TextPattern(String(repeating: "a", count: TextPattern.longest)) != nil)
        #expect(TextPattern(String(repeating: "a", count: TextPattern.longest + 1)) == nil)
    }
}

@Suite struct RestConditionTests {
    @Test(
        "which values pass",
        arguments: [
            ("3", .number(3), true), ("3", .number(33), false), ("3", .string("33"), true), ("3", .string("3.0"), true),
            ("4", .string("4.0e0"), true), ("40", .string("4e1"), true), ("40", .string(" 4e1\t"), true),
            ("2:6", .number(2), true), ("2:6", .number(6), true), ("2:6", .number(6.5), false),
            ("6:2", .number(4), true), ("4:", .number(1e300), true), ("4:", .number(3), false),
            (":4", .number(-5), true), ("x:4", .number(-5), true), ("4:x", .number(5), true),
            ("2:6", .string("5"), true), ("2:6", .string("7"), false), ("2:6", .string("at 12:60"), true),
            ("a:b", .number(1), false), (":", .number(1), false), (":", .string("host:1"), true),
            ("1,5;7", .number(7), true), ("1,5;7", .number(6), false),
            ("!3", .number(3), false), ("!3", .number(4), true), ("!2:6", .number(4), false),
            ("2:6,!4", .number(4), false), ("2:6,!4", .number(5), true), ("!up", .string("up"), false),
            ("!up", .string("down"), true), ("! up", .string("up"), false),
            ("!", .string(""), true), ("!", .string(" \t\r\n"), true), ("!", .string("x"), false),
            ("!", .number(0), false), ("*", .string("x"), true), ("*", .string(" "), false), ("*", .number(0), true),
            ("", .number(1), true), (" , ;", .string("x"), true), ("up", .number(1), false),
            ("1:2", .number(.nan), false), ("NaN", .number(.nan), false), ("-1e3", .number(-1000), true),
            ("0x10", .number(16), false),
        ] as [(String, SeriesValue, Bool)])
    func holds(_ condition: String, _ value: SeriesValue, _ isHeld: Bool) throws {
        #expect(try RestCondition(condition).holds(for: value) == isHeld)
    }
}
