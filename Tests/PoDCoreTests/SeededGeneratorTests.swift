import PoDTestKit
import Testing

@Suite struct SeededGeneratorTests {
    /// The first numbers of splitmix64.c by Sebastiano Vigna, whose constants these are, computed apart from this code.
    private static let known: [(seed: UInt64, numbers: [UInt64])] = [
        (0, [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F]),
        (1_234_567, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]),
    ]

    @Test(arguments: Self.known)
    func givesTheKnownNumbers(_ seed: UInt64, _ expected: [UInt64]) {
        var generator = SeededGenerator(seed: seed)
        #expect(expected.indices.map { _ in generator.next() } == expected)
    }

    @Test func givesTheSameRunAgain() {
        var first = SeededGenerator(seed: 7)
        var second = SeededGenerator(seed: 7)
        var part = first.split()
        var samePart = second.split()
        #expect((0..<100).map { _ in part.next() } == (0..<100).map { _ in samePart.next() })
        // What the part drew changes nothing for the whole.
        _ = part.next()
        #expect((0..<100).map { _ in first.next() } == (0..<100).map { _ in second.next() })
    }

    @Test func drawsDurationsFromTheWholeRange() {
        var generator = SeededGenerator(seed: 3)
        let drawn = Set((0..<200).map { _ in generator.milliseconds(in: -1...1) })
        #expect(drawn == [.milliseconds(-1), .zero, .milliseconds(1)])
    }
}
