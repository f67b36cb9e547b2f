/// A hash that is the same in every process and every version: watchers, masters and the simulator draw with it.
///
/// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014) over each
/// word. Not for secrets.
public struct StableHash: Hashable, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        self.state = seed
    }

    public mutating func combine(_ word: UInt64) {
        self.state = Self.mix(self.state &+ 0x9E37_79B9_7F4A_7C15 ^ Self.mix(word))
    }

    /// The hash as a number from 0 to just below 1.
    public var unitInterval: Double {
        Double(self.word >> 11) * 0x1p-53
    }

    /// All its bits.
    public var word: UInt64 { Self.mix(self.state) }

    private static func mix(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
