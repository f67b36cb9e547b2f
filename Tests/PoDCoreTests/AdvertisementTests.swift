import PoDCore
import Testing

@Suite struct AdvertisementTests {
    private static func advertisement(
        host: String = "voalice05.cern.ch", wanted: Int = 10, share: Double? = nil
    ) throws -> Advertisement {
        try Advertisement(
            masterJobID: MasterJobID(parsing: "2100000123"), address: Address(host: host, port: 21001), wanted: wanted,
            share: share)
    }

    @Test func givesTheNeededParametersFirst() throws {
        let parameters = try Self.advertisement(share: 0.25).parameters(secondsSince1970: 1_700_000_000.5)
        #expect(
            parameters == [
                .init(name: "Address", value: .string("voalice05.cern.ch:21001")),
                .init(name: "Wanted", value: .int32(10)),
                .init(name: "Protocol", value: .string("alien-pod/1")),
                .init(name: "Share", value: .real64(0.25)),
                .init(name: "Timestamp", value: .real64(1_700_000_000.5)),
                .init(name: "Host", value: .string("voalice05.cern.ch")),
                .init(name: "Port", value: .int32(21001)),
            ])
    }

    @Test func leavesOutWhatItDoesNotSay() throws {
        let parameters = try Self.advertisement(host: "2001:db8::1").parameters(secondsSince1970: nil)
        #expect(parameters.map(\.name) == ["Address", "Wanted", "Protocol", "Host", "Port"])
        #expect(parameters.first?.value == .string("[2001:db8::1]:21001"))
    }

    @Test func withdrawsWithoutAnAddress() throws {
        #expect(
            try Self.advertisement().withdrawalParameters() == [
                .init(name: "Wanted", value: .int32(0)), .init(name: "Protocol", value: .string("alien-pod/1")),
            ])
    }

    @Test(arguments: [1, 2, 1_000_000])
    func takesWanted(_ wanted: Int) throws {
        let parameters = try Self.advertisement(wanted: wanted).parameters(secondsSince1970: nil)
        #expect(parameters.contains(.init(name: "Wanted", value: .int32(Int32(wanted)))))
    }

    @Test(arguments: [Int.min, -1, 0, 1_000_001, 1 << 31, 1 << 32 + 1, .max])
    func refusesWanted(_ wanted: Int) {
        let error = #expect(throws: ValueError.self) { try Self.advertisement(wanted: wanted) }
        #expect(error?.description == #"Wanted: expected a number from 1 to 1000000, found "\#(wanted)""#)
    }

    @Test(arguments: [Double.leastNonzeroMagnitude, 1e-6, 0.5, 1])
    func takesShare(_ share: Double) throws {
        #expect(try Self.advertisement(share: share).share == share)
    }

    @Test(arguments: [0, -0.0, -1, 1.000_001, .infinity, -.infinity, .nan, -.leastNonzeroMagnitude])
    func refusesShare(_ share: Double) {
        let error = #expect(throws: ValueError.self) { try Self.advertisement(share: share) }
        #expect(error?.name == "Share")
    }

    @Test func fitsIntoOneDatagramWhateverItSays() throws {
        let label = String(repeating: "a", count: 63)
        let host = [label, label, label, String(label.prefix(61))].joined(separator: ".")
        let parameters = try Advertisement(
            masterJobID: MasterJobID(parsing: "9223372036854775807"), address: Address(host: host, port: 65535),
            wanted: Advertisement.mostWanted, share: 1e-6, sessionProtocol: .podAgent6,
            key: MasterKey(parsing: String(repeating: "A", count: 43))
        ).parameters(secondsSince1970: 1e10)
        // XDR: strings with a length of four bytes before and up to three after; a type of four bytes a parameter.
        let sizes = parameters.map { parameter in
            let value =
                switch parameter.value {
                case .string(let text): text.utf8.count + 7
                case .int32: 4
                case .real64: 8
                }
            return parameter.name.utf8.count + 7 + 4 + value
        }
        // Header with a password, instance id, sequence number, cluster, node and count: below 200 bytes.
        #expect(sizes.reduce(200, +) <= Advertisement.largestDatagram)
    }

    @Test func asksForWhatItReads() {
        #expect(Advertisement.cluster == "PoD_Masters")
        #expect(
            Advertisement.parameterNames
                == ["Address", "Wanted", "Share", "Protocol", "Sequence", "Key", "Ticket", "Proof"])
    }
}
