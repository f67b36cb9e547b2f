import Foundation
import PoDCore
import Testing

@Suite struct SettingRuleTests {
    private static let key = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdE="

    @Test(arguments: [
        (Setting.checkPeriod, "1", "1"), (.checkPeriod, "3600", "3600"), (.checkPeriod, "007", "7"),
        (.runTime, "0", "0"), (.runTime, "86400", "86400"), (.maxWorkers, "1000", "1000"),
        (.enabled, "yes", "yes"), (.enabled, "no", "no"),
        (.monalisaUrl, "http://alimonitor.cern.ch/", "http://alimonitor.cern.ch"),
        (.monalisaUrl, "https://[::1]:8080/rest//", "https://[::1]:8080/rest"),
        (.monalisaUrl, "HTTP://Host/a", "HTTP://Host/a"),
        (.recipe, "dask", "dask"), (.setup, "source /cvmfs/x.sh && y \"z\"", "source /cvmfs/x.sh && y \"z\""),
        (.workerCommand, "/opt/pod/bin/pod-agent -m worker", "/opt/pod/bin/pod-agent -m worker"),
        (.masterPorts, "20000-25000", "20000-25000"), (.workerPorts, "1-65535", "1-65535"),
        (.masterPorts, "09000-09000", "9000-9000"),
        (.trustedKey, key, key), (.trustedKey, String(key.dropLast()), key),
        (.trustedKey, "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE", key),
        // The last two bits of 43 digits mean nothing.
        (.trustedKey, "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdH=", key),
        (.ticketFile, "/etc/grid-security/pod.ticket", "/etc/grid-security/pod.ticket"),
        (.masterCe, "ALICE::Torino-T2::POD_1.x", "ALICE::Torino-T2::POD_1.x"),
    ])
    func takes(setting: Setting, text: String, canonical: String) {
        #expect(setting.rule.canonical(text) == canonical)
    }

    @Test(arguments: [
        (
            Setting.checkPeriod,
            ["", "0", "3601", "-7", "+5", "1.5", "1e3", " 5", "5 ", "often", "99999999999999999999", "٣"]
        ),
        (.runTime, ["86401", "0x10"]), (.maxWorkers, ["1001"]),
        (.enabled, ["1", "YES", "Yes", "true", "TRUE", "FALSE", "yes ", "yes\n"]),
        (
            .monalisaUrl,
            [
                "alimonitor", "ftp://h", "http://", "http://u:p@h", "http://h?x", "http://h#x", "http://h/ x",
                "http://h:0",
            ]
        ),
        (.recipe, ["dsak", "Dask"]),
        (.setup, [" ", "a\nb", "a\u{1B}b", "a\u{85}b", String(repeating: "x", count: 1025)]),
        (.workerCommand, ["pod-agent", "/", "/bin/", "/bin/x\n"]),
        (.masterPorts, ["20000", "2-1", "0-1", "1-65536", "1-2-3", "-", "a-b", " 1-2"]),
        (.trustedKey, ["AAAA", key + "=", "!" + key.dropFirst(), String(key.dropFirst())]),
        (.keyFile, ["key", "/", "/a\0b"]),
        (.masterCe, ["PODCE", "A::B", "A::B::", "A:B:C", "A::B::C::D", "A::B::C\"", "::B::C", "A::B:: C"]),
    ])
    func refuses(setting: Setting, texts: [String]) {
        for text in texts {
            #expect(setting.rule.canonical(text) == nil, "\(setting.attribute) \(text.debugDescription)")
        }
    }

    @Test("base64 of all digits in both alphabets, against Foundation's", arguments: [UInt8(0), 1, 0x7F, 0xFB, 0xFF])
    func keysAreOneSpelling(byte: UInt8) throws {
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: $0 &* 37) ^ byte }
        let standard = Data(bytes).base64EncodedString()
        let other = standard.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        #expect(Setting.revoked.rule.canonical(other) == standard)
        #expect(Setting.revoked.rule.canonical(standard) == standard)
    }

    @Test(arguments: [
        (["9000"], nil), ([], nil), (["9000", "9002"], nil), (["9000", "9001"], "9000-9001"),
        (["9003", "9001", "9002", "7", "8"], "9001-9003"), (["1", "1", "2"], "1-2"), (["x", "0", "70000"], nil),
        (["65534", "65535"], "65534-65535"), (["1", "2", "8", "9"], "1-2"),
    ])
    func processPortsMakeARun(ports: [String], span: String?) {
        #expect(PortSpan(processPorts: ports)?.description == span)
    }

    @Test(arguments: [
        ("podChekPeriod", "podCheckPeriod"), ("PODRUNTIM", "podRunTime"), ("podUrl", "podSetup"),
        ("podMonalisaUrls", "podMonalisaUrl"), ("", "podSetup"),
    ])
    func nearestName(typed: String, expected: String) {
        #expect(NearestName.of(typed, among: Setting.all.map(\.attribute)) == expected)
    }

    @Test func nearestOfNone() {
        #expect(NearestName.of("x", among: []) == nil)
    }
}
