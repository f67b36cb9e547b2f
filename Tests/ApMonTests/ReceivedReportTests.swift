import ApMon
import Testing

@Suite struct ReceivedReportTests {
    @Test(arguments: Fixture.wellFormed)
    func saysWhatTheRealReceiverSays(_ fixture: Fixture) throws {
        let receiver = fixture.receiver
        #expect(receiver.accepted)
        let report = try #require(ReceivedReport(try Datagram(decoding: fixture.bytes)))
        #expect(report.cluster == receiver.cluster)
        #expect(report.node == receiver.node)
        switch try #require(receiver.time_ms) {
        case .integer(let milliseconds): #expect(report.time.map { Int64($0) * 1000 } == milliseconds)
        case .number, .text: #expect(report.time == nil)
        }
        let expected = try #require(receiver.params)
        #expect(report.values.map(\.name) == expected.map(\.name))
        for (value, expected) in zip(report.values, expected) {
            switch value.value {
            case .number(let number):
                #expect(expected.kind == "number")
                let bits = try #require(expected.bits.flatMap { UInt64($0, radix: 16) })
                #expect(number.bitPattern == bits || number.isNaN && Double(bitPattern: bits).isNaN)
            case .string(let text):
                #expect(expected.kind == "string")
                #expect(expected.value == .text(text))
            }
        }
    }

    @Test(arguments: [
        ("v:2.2.18_plp:pw", "pw", true),
        ("v:2.2.18_plp: pw ", "pw", true),
        ("v:2.2.18_plp:a p:b:c", "a p:b:c", true),
        ("v:2.2.18_plp:", "pw", false),
        ("v:2.2.18_plp:pW", "pw", false),
        ("v:2.2.18_plp:pw2", "pw", false),
        ("OldCluster", "pw", false),
        ("v:2.2.18_plp:", "", true),
        ("OldCluster", "", false),
    ])
    func asksForThePassword(header: String, password: String, passes: Bool) {
        let datagram = Self.datagram(header: header)
        #expect((ReceivedReport(datagram, password: password) != nil) == passes)
        #expect(ReceivedReport(datagram) != nil)
    }

    @Test(
        arguments: [
            ("v:2.2.18_plp:", 7, 7), ("v:1.6p:", 7, 7), ("v:1.5p:", 7, nil), ("v:3p:", 7, 7), ("v:2p:", 7, 7),
            ("OldCluster", 7, nil), ("v:2.2.18_plp:", 0, nil), ("v:2.2.18_plp:", -5, nil),
            ("v:2.2.18_plp:", Int32.max, Int32.max), ("v:2.2.18_plp:", Int32.min, nil),
        ] as [(String, Int32, Int32?)])
    func takesATimeAboveZero(header: String, time: Int32, expected: Int32?) throws {
        var datagram = Self.datagram(header: header)
        datagram.time = time
        let report = try #require(ReceivedReport(datagram))
        #expect(report.time == expected)
    }

    @Test(arguments: [(32_767, true), (32_768, false)])
    func dropsStringsThatAreTooLong(count: Int, passes: Bool) {
        let long = DatagramText(bytes: Array(repeating: UInt8(ascii: "x"), count: count))
        var inValue = Self.datagram(header: "v:2.2p:")
        inValue.parameters = [DatagramParameter(name: "v", value: .string(long))]
        var inName = Self.datagram(header: "v:2.2p:")
        inName.parameters = [DatagramParameter(name: long, value: .int32(1))]
        var inNode = Self.datagram(header: "v:2.2p:")
        inNode.node = long
        for datagram in [inValue, inName, inNode] {
            #expect((ReceivedReport(datagram) != nil) == passes)
        }
    }

    private static func datagram(header: String) -> Datagram {
        Datagram(
            header: DatagramHeader(text: DatagramText(header)), instanceID: nil, sequenceNumber: nil, cluster: "c",
            node: "n", parameters: [])
    }
}
