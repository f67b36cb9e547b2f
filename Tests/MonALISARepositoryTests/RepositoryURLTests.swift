import MonALISARepository
import PoDCore
import Testing

@Suite struct RepositoryURLTests {
    @Test(arguments: [
        ("http://alimonitor.cern.ch", "http://alimonitor.cern.ch"),
        ("http://alimonitor.cern.ch/", "http://alimonitor.cern.ch"), ("https://h:8443/a/b//", "https://h:8443/a/b"),
        ("HTTP://H", "HTTP://H"), ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("http://[::1]", "http://[::1]"), ("http://h/a%20b;c=1", "http://h/a%20b;c=1"),
    ])
    func takes(_ text: String, _ url: String) throws {
        #expect(try RepositoryURL(parsing: text).description == url)
    }

    @Test(arguments: [
        "", "h", "//h", "ftp://h", "file:///etc/passwd", "http:/h", "http://", "http:///x", "http://u@h",
        "http://u:p@h",
        "http://h?q", "http://h/?q", "http://h#f", "http://h/#f", "http://h:0", "http://h:70000", "http://h:",
        "http://h:x",
        "http://a b", "http://h/a b", "http://h/\n", "http://h\n", "http://h/é", "http://é", "http://::1",
        "http://[::1",
        "http://h/\u{0}", "http://h\\@evil", " http://h", "http://-h", "http://1.2.3", "javascript:http://h",
    ])
    func refuses(_ text: String) {
        let error = #expect(throws: ValueError.self) { try RepositoryURL(parsing: text) }
        #expect(error?.description.hasPrefix("repository: expected http(s)://host[:port][/path], found \"") == true)
    }
}
