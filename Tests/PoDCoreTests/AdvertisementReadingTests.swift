import PoDCore
import Testing

@Suite struct AdvertisementReadingTests {
    private static let time: Int64 = 1_700_000_000_000

    private static func reading(
        node: String = "2100000123", address: String = "host.cern.ch:21001", at time: Int64 = Self.time
    ) throws -> AdvertisementReading {
        try AdvertisementReading(node: node.utf8.span, address: address.utf8.span, reportedAt: time)
    }

    @Test func anAddressAloneIsTheOriginalDesigns() throws {
        let reading = try Self.reading()
        #expect(reading.masterJobID.number == 2_100_000_123)
        #expect(reading.address.port == 21001)
        #expect(reading.reportedAt == Self.time)
        #expect(reading.wanted == 1)
        #expect(reading.share == 1)
        #expect(reading.sessionProtocol == .podAgent6)
    }

    @Test(arguments: [("", "host:1", "MasterJobId"), ("12abc", "host:1", "MasterJobId"), ("1", "host", "Address")])
    func refusesWhatNamesNoMaster(_ node: String, _ address: String, _ name: String) {
        let error = #expect(throws: ValueError.self) { try Self.reading(node: node, address: address) }
        #expect(error?.name == name)
    }

    @Test func readsWhatCameWithTheAddressOrLater() throws {
        for age: Int64 in [0, 1, 59_999, .max - Self.time] {
            var reading = try Self.reading()
            try reading.read(wanted: "7".utf8.span, reportedAt: Self.time + age)
            try reading.read(share: "0.125".utf8.span, reportedAt: Self.time + age)
            try reading.read(sessionProtocol: "alien-pod/1".utf8.span, reportedAt: Self.time + age)
            #expect(reading.wanted == 7)
            #expect(reading.share == 0.125)
            #expect(reading.sessionProtocol == .alienPoD1)
        }
    }

    @Test func ignoresWhatIsOlderThanTheAddress() throws {
        for time in [Self.time - 1, 0, -1, Int64.min] {
            var reading = try Self.reading()
            // Not even looked at: another advertisement's mistake is not this one's.
            try reading.read(wanted: "junk".utf8.span, reportedAt: time)
            try reading.read(share: "junk".utf8.span, reportedAt: time)
            try reading.read(sessionProtocol: "junk".utf8.span, reportedAt: time)
            #expect(try reading == Self.reading())
        }
    }

    @Test func aLaterWithdrawalCountsAndAnEarlierOneDoesNot() throws {
        var withdrawn = try Self.reading()
        try withdrawn.read(wanted: "0".utf8.span, reportedAt: Self.time + 1)
        #expect(withdrawn.wanted == 0)
        var again = try Self.reading()
        try again.read(wanted: "0".utf8.span, reportedAt: Self.time - 1)
        #expect(again.wanted == 1)
    }

    @Test(arguments: [("0", 0), ("1", 1), ("10", 10), ("1000000", 1_000_000)])
    func readsWanted(_ text: String, _ wanted: Int) throws {
        var reading = try Self.reading()
        try reading.read(wanted: text.utf8.span, reportedAt: Self.time)
        #expect(reading.wanted == wanted)
    }

    @Test(arguments: [
        "", "-1", "-0", "+1", " 1", "1 ", "1.5", "1e3", "0x1", "NaN", "∞", "1000001", "9999999", "4294967297",
        "18446744073709551617", "1\0", "１", String(repeating: "9", count: 100_000),
    ])
    func refusesWanted(_ text: String) throws {
        var reading = try Self.reading()
        let error = #expect(throws: ValueError.self) { try reading.read(wanted: text.utf8.span, reportedAt: Self.time) }
        #expect(error?.name == "Wanted")
        #expect(try reading == Self.reading())
    }

    @Test(arguments: [
        ("0", 0), ("1", 1), ("0.5", 0.5), ("0.33333333333", 0.33333333333), ("0.00000100000", 1e-6), ("1E-6", 1e-6),
        ("-0", 0), ("0.000000000000000000000000000001", 1e-30),
    ])
    func readsShare(_ text: String, _ share: Double) throws {
        var reading = try Self.reading()
        try reading.read(share: text.utf8.span, reportedAt: Self.time)
        #expect(reading.share == share)
    }

    @Test(arguments: [
        "", " ", "-0.1", "1.00001", "2", "NaN", "nan", "inf", "∞", "-∞", "0,5", "0.5 ", " 0.5", "0.5\n", "0.5\0",
        "0.5x",
        "half", "0x1p-3", "0x1", "0.5\u{FF}", "1e400", "0.5" + String(repeating: "0", count: 100_000),
        // A number in the first 200 bytes, and none in all.
        "0." + String(repeating: "1", count: 198) + "; rm -rf",
    ])
    func refusesShare(_ text: String) throws {
        var reading = try Self.reading()
        let error = #expect(throws: ValueError.self) { try reading.read(share: text.utf8.span, reportedAt: Self.time) }
        #expect(error?.name == "Share")
        #expect(try reading == Self.reading())
    }

    @Test(arguments: ["", "alien-pod", "alien-pod/2", "alien-pod/1 ", "ALIEN-POD/1", "pod-agent/6\0", "pod-agent/7"])
    func refusesProtocol(_ text: String) throws {
        var reading = try Self.reading()
        let error = #expect(throws: ValueError.self) {
            try reading.read(sessionProtocol: text.utf8.span, reportedAt: Self.time)
        }
        #expect(error?.description.contains("alien-pod/1 or pod-agent/6") == true)
        #expect(try reading == Self.reading())
    }
}
