import PoDCore
import Testing

@Suite struct MasterKeyTests {
    /// RFC 8037, appendix A.3.
    private static let thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

    @Test func isItsText() throws {
        #expect(try MasterKey(parsing: Self.thumbprint).description == Self.thumbprint)
    }

    @Test(arguments: [
        "", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4", thumbprint + "k", thumbprint + "=",
        "kPrK/qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4l",
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4\n", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrSé",
    ])
    func refuses(_ text: String) {
        let error = #expect(throws: ValueError.self) { try MasterKey(parsing: text) }
        #expect(error?.name == "Key")
    }

    @Test("the key of an older advertisement is not the master's")
    func belongsToItsAdvertisement() throws {
        var reading = try AdvertisementReading(
            node: "77".utf8.span, address: "head:1".utf8.span, reportedAt: 1000)
        try reading.read(key: Self.thumbprint.utf8.span, reportedAt: 999)
        #expect(!reading.hasKey)
        try reading.read(key: Self.thumbprint.utf8.span, reportedAt: 1000)
        #expect(reading.hasKey)
    }
}
