import ApMon
import Testing

/// Broken datagrams of every kind: each is decoded or refused, and what is decoded is encoded to an equal one.
@Suite struct DatagramFuzzTests {
    @Test(.timeLimit(.minutes(10)), arguments: Fixture.all)
    func survivesEveryCut(_ fixture: Fixture) {
        let failed = fixture.bytes.indices.prefix(600).first { !Self.isSound(Array(fixture.bytes.prefix($0))) }
        #expect(failed == nil)
    }

    @Test(.timeLimit(.minutes(10)), arguments: Fixture.all)
    func survivesEveryFlippedByte(_ fixture: Fixture) {
        for mask: UInt8 in [0x01, 0x80, 0xFF] {
            let failed = fixture.bytes.indices.prefix(300).first { index in
                var bytes = fixture.bytes
                bytes[index] ^= mask
                return !Self.isSound(bytes)
            }
            #expect(failed == nil)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func survivesNoise() {
        var generator = SplitMix64(state: 2011)
        for _ in 0..<20_000 {
            // Mostly zeros and small numbers, so that lengths and counts are often believable.
            let bytes = (0..<Int.random(in: 0...96, using: &generator)).map { _ in
                Bool.random(using: &generator) ? 0 : UInt8.random(in: 0...255, using: &generator) >> 4
            }
            if !Self.isSound(bytes) {
                Issue.record("\(bytes)")
            }
        }
    }

    /// Whether it is refused, or decoded to a value that, encoded, gives itself and, padding aside, the same bytes.
    private static func isSound(_ bytes: [UInt8]) -> Bool {
        guard let datagram = try? Datagram(decoding: bytes) else { return true }
        let encoded = datagram.encoded()
        guard
            encoded == bytes || encoded.count == bytes.count && zip(encoded, bytes).allSatisfy({ $0 == $1 || $0 == 0 })
        else {
            return false
        }
        let report = ReceivedReport(datagram)
        return (try? Datagram(decoding: encoded)) == datagram
            && report.map { $0.values.count <= datagram.parameters.count } == true
    }
}

/// A generator that gives the same numbers each time: splitmix64 of Steele, Lea and Flood.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
