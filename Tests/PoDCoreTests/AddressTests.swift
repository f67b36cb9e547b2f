import PoDCore
import Testing

@Suite struct AddressTests {
    private static let good: [(text: String, host: String, port: UInt16)] = [
        ("localhost:1", "localhost", 1),
        ("voalice05.cern.ch:21001", "voalice05.cern.ch", 21001),
        ("A-1.Example.ORG:65535", "A-1.Example.ORG", 65535),
        ("1a.2b:80", "1a.2b", 80),
        ("3com.com:80", "3com.com", 80),
        ("x--y.z:80", "x--y.z", 80),
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("0.0.0.0:9", "0.0.0.0", 9),
        ("255.255.255.255:9", "255.255.255.255", 9),
        ("[::1]:80", "::1", 80),
        ("[::]:80", "::", 80),
        ("[2001:db8::8:800:200C:417a]:21001", "2001:db8::8:800:200C:417a", 21001),
        ("[::ffff:192.0.2.1]:8884", "::ffff:192.0.2.1", 8884),
        (Self.name(63) + ":7", Self.name(63), 7),
        (Self.longName(253) + ":65535", Self.longName(253), 65535),
    ]

    private static let bad = [
        "", ":", ":80", "host", "host:", "host:0", "host:00", "host:070", "host:65536", "host:70000", "host:99999",
        "host:100000", "host:-1", "host:+1", "host: 80", "host:80 ", "host:8o", "host:8\0", "host:80:", "host:80:90",
        "host::80", " host:80", "host :80", "ho st:80", "host\n:80", "host\0:80", "host:80\n", "hôst:80", "host:８０",
        "a_b:80", "_sip._tcp:80", "-a:80", "a-:80", "a.-b:80", "a-.b:80", "a..b:80", ".a:80", "a.:80", ".:80", "..:80",
        "a;rm -rf:80", "$(x):80", "`x`:80", "a|b:80", "a&b:80", "a>b:80", "a'b:80", "a\"b:80", "a\\b:80", "%41:80",
        "../..:80", "/etc/passwd:80", "~:80", "*:80", "a/b:80", "user@host:80", "http://host:80", "a#b:80", "a?b:80",
        "1.2.3:80", "1.2.3.4.5:80", "1.2.3.256:80", "1.2.3.04:80", "1.2.3.:80", "1.2.3.4.:80", "1:80", "2130706433:80",
        "a.1:80", "0x7f000001:80", "a.0x1:80", "0X7F.0.0.0XA:80", "0x:80",
        "[::1]", "[::1]:", "[::1]:0", "[::1]:65536", "[::1]80", "[::1:80", "::1]:80", "::1:80", "[]:80", "[:]:80",
        "[:::]:80", "[1::2::3]:80", "[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:8:9]:80", "[12345::]:80", "[g::]:80",
        "[::1%eth0]:80", "[fe80::1%1]:80", "[127.0.0.1]:80", "[host]:80", "[[::1]]:80", "[::1.2.3]:80",
        "[1.2.3.4::]:80", "[::01.2.3.4]:80", "[ ::1]:80", "[::1\0]:80",
        Self.name(64) + ":80", Self.longName(254) + ":80", String(repeating: "a.", count: 100_000) + "a:80",
        String(repeating: "1", count: 100_000), "host:" + String(repeating: "1", count: 100_000),
    ]

    @Test(arguments: Self.good)
    func readsHostAndPort(_ text: String, _ host: String, _ port: UInt16) throws {
        let address = try Address(parsing: text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
        #expect(address.isIPv6 == text.hasPrefix("["))
        #expect(try Address(host: host, port: Int(port)) == address)
        #expect(try Address(host: address.isIPv6 ? "[\(host)]" : host, port: Int(port)) == address)
        let layout = try AddressLayout(parsing: text.utf8.span)
        let bytes = Array(text.utf8)[layout.hostStart...].prefix(layout.hostCount)
        #expect(String(decoding: bytes, as: UTF8.self) == host)
        #expect(layout.port == port)
    }

    @Test(arguments: Self.bad)
    func refusesWhatIsNone(_ text: String) {
        let error = #expect(throws: ValueError.self) { try Address(parsing: text) }
        #expect(error?.name == "Address")
        #expect(error?.description.contains("host:port") == true)
        #expect(throws: ValueError.self) { try AddressLayout(parsing: text.utf8.span) }
    }

    /// Values from Perl are Latin-1 unless somebody thought of it, and datagrams hold any bytes.
    @Test(arguments: [[0xE9, 0x3A, 0x38], [0x61, 0xFF, 0x3A, 0x38], [0x61, 0x3A, 0x38, 0xB2], [0x3A], [0x5B, 0x3A]])
    func refusesBytesThatAreNoText(_ bytes: [UInt8]) {
        #expect(throws: ValueError.self) { try AddressLayout(parsing: bytes.span) }
    }

    @Test(arguments: [Int.min, -1, 0, 65536, 70000, 65536 + 80, .max])
    func refusesPortsOutOfRange(_ port: Int) {
        let error = #expect(throws: ValueError.self) { try Address(host: "host", port: port) }
        #expect(error?.description == #"port: expected a number from 1 to 65535, found "\#(port)""#)
    }

    @Test(arguments: ["", "a b", "a:b", "host:80", "[::1", "[::1]x", "1.2.3", "a\0", "[host]"])
    func refusesHostsThatAreNone(_ host: String) {
        let error = #expect(throws: ValueError.self) { try Address(host: host, port: 80) }
        #expect(error?.name == "host")
    }

    private static func name(_ count: Int) -> String {
        String(repeating: "a", count: count)
    }

    /// A name of labels of 63 characters and what is left.
    private static func longName(_ count: Int) -> String {
        let labels = String(repeating: Self.name(63) + ".", count: count / 64)
        return labels + Self.name(count % 64)
    }
}
