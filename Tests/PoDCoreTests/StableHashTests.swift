import PoDCore
import PoDTestKit
import Testing

@Suite struct StableHashTests {
    /// Computed apart from this code: a draw must come out the same in every version.
    private static let known: [(seed: UInt64, words: [UInt64], unitInterval: Double)] = [
        (0, [], 0),
        (1, [], 0x1.5a485874402c0p-2),
        (0, [0], 0x1.2086089bfcf34p-2),
        (.max, [.max], 0x1.4dd08be90b99ep-1),
        (42, [2_100_000_123, 0, 1_700_000_000_000], 0x1.40b79a9a865fap-1),
        (42, [2_100_000_123, 1_700_000_000_000, 7], 0x1.98a95046e6f65p-1),
        (81_985_529_216_486_895, [1, 2, 3, 4], 0x1.71bb0723ade42p-1),
    ]

    @Test(arguments: Self.known)
    func givesTheKnownNumbers(_ seed: UInt64, _ words: [UInt64], _ unitInterval: Double) {
        #expect(Self.unitInterval(seed, words) == unitInterval)
    }

    @Test func dependsOnEachWordAndItsPlace() {
        let all = [[], [0], [0, 0], [1], [1, 0], [0, 1], [1, 2], [2, 1], [1, 2, 3], [.max]] as [[UInt64]]
        for seed: UInt64 in [0, 1, .max] {
            #expect(Set(all.map { Self.unitInterval(seed, $0) }).count == all.count)
        }
        #expect(Self.unitInterval(1, [2]) != Self.unitInterval(2, [1]))
    }

    /// Watchers with neighbouring ids, or advertisements with neighbouring numbers, draw as if they were strangers.
    @Test(arguments: ["seeds", "words", "random"])
    func isEvenlySpread(_ kind: String) {
        var generator = SeededGenerator(seed: 8)
        var counts = [Int](repeating: 0, count: 64)
        let draws = 64_000
        for draw in 0..<UInt64(draws) {
            let value =
                switch kind {
                case "seeds": Self.unitInterval(draw, [1, 2, 3])
                case "words": Self.unitInterval(1, [2, 3, draw])
                default: Self.unitInterval(generator.next(), [generator.next()])
                }
            guard value >= 0, value < 1 else {
                Issue.record("\(value) is no part of one")
                return
            }
            counts[Int(value * 64)] += 1
        }
        // Each of 64 bins expects 1000 with a deviation of 31; seven deviations never happen by chance.
        #expect(counts.allSatisfy { abs($0 - draws / 64) < 220 }, "\(counts)")
    }

    private static func unitInterval(_ seed: UInt64, _ words: [UInt64]) -> Double {
        var hash = StableHash(seed: seed)
        for word in words {
            hash.combine(word)
        }
        return hash.unitInterval
    }
}
