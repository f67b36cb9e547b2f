import ApMon
import Testing

@Suite struct ApMonDestinationTests {
    @Test(
        arguments: [
            ("monalisa.cern.ch", "monalisa.cern.ch", 8884, ""),
            ("monalisa.cern.ch:9000", "monalisa.cern.ch", 9000, ""),
            ("monalisa.cern.ch:9000 secret", "monalisa.cern.ch", 9000, "secret"),
            ("monalisa.cern.ch secret", "monalisa.cern.ch", 8884, "secret"),
            ("  127.0.0.1:1 \t a b:c  ", "127.0.0.1", 1, "a b:c"),
            ("[2001:db8::1]:65535", "2001:db8::1", 65535, ""),
            ("[2001:db8::1]", "2001:db8::1", 8884, ""),
            ("2001:db8::1", "2001:db8::1", 8884, ""),
            ("::1 pw", "::1", 8884, "pw"),
            ("fe80::1%eth0", "fe80::1%eth0", 8884, ""),
            ("[::ffff:192.0.2.1]:8885", "::ffff:192.0.2.1", 8885, ""),
        ] as [(String, String, UInt16, String)])
    func reads(text: String, host: String, port: UInt16, password: String) throws {
        let destination = try ApMonDestination(parsing: text)
        #expect(destination == ApMonDestination(host: host, port: port, password: password))
        #expect(!"\(destination)".contains("secret"))
    }

    @Test(arguments: [
        ("", #"expected host[:port][ password], found """#),
        ("   ", "expected host[:port][ password]"),
        (":8884", #"expected host[:port][ password], found ":8884""#),
        ("host:", #"expected a port from 1 to 65535, found """#),
        ("host:0", #"expected a port from 1 to 65535, found "0""#),
        ("host:70000", #"expected a port from 1 to 65535, found "70000""#),
        ("host:+80", #"expected a port from 1 to 65535, found "+80""#),
        ("host:8a", #"expected a port from 1 to 65535, found "8a""#),
        ("host:99999999999999999999999", "expected a port from 1 to 65535"),
        ("host:9\u{1B}[2J\u{9B}é", #"expected a port from 1 to 65535, found "9?[2J??""#),
        ("\u{7F}", #"expected host[:port][ password], found "?""#),
        ("host:80:90", #"found "host:80:90""#),
        ("[::1", #"found "[::1""#),
        ("[::1]8884", #"found "[::1]8884""#),
        ("[::1]:", "expected a port from 1 to 65535"),
        ("[]:8884", "expected host[:port][ password]"),
        ("[host]:8884", #"found "[host]:8884""#),
        ("ho\u{0}st", "expected host[:port][ password]"),
        ("höst", "expected host[:port][ password]"),
        ("a/b", "expected host[:port][ password]"),
        ("host pass\nword", "the password holds a control character"),
        ("host " + String(repeating: "x", count: 81), "longer than 80 bytes"),
    ])
    func refuses(text: String, reason: String) throws {
        let error = try #require(throws: ApMonError.self) { try ApMonDestination(parsing: text) }
        #expect("\(error)".contains(reason))
        #expect(!"\(error)".contains("\n"))
        #expect(!"\(error)".contains("xxx") && !"\(error)".contains("pass\nword"))
    }

    @Test(arguments: [
        ("http://alimonitor.cern.ch/apmon.conf", ApMonLocation.url("http://alimonitor.cern.ch/apmon.conf")),
        ("https://h/x", .url("https://h/x")),
        ("/etc/apmon.conf", .file(path: "/etc/apmon.conf")),
        ("./destinations", .file(path: "./destinations")),
        ("destinations.conf", .file(path: "destinations.conf")),
        ("aliendb5.cern.ch", .destination(ApMonDestination(host: "aliendb5.cern.ch"))),
        ("aliendb5.cern.ch:8885 pw", .destination(.init(host: "aliendb5.cern.ch", port: 8885, password: "pw"))),
    ])
    func tellsLocationsApart(text: String, location: ApMonLocation) throws {
        #expect(try ApMonLocation(parsing: text) == location)
    }

    @Test(arguments: ["", "/etc/a\u{0}b", "host:0"])
    func refusesLocations(text: String) {
        #expect(throws: ApMonError.self) { try ApMonLocation(parsing: text) }
    }
}
