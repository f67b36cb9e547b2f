/// One master as a repository shows it: checked, with no string made of it yet.
///
/// A repository keeps each parameter as a series of its own, last writer wins, so that two parameters of one node may
/// come from different datagrams. A receiver stamps all parameters of one datagram with one time: what is older than
/// the `Address` belongs to an earlier advertisement and is not used; a `Wanted` of 0 that is younger withdraws it.
public struct AdvertisementReading: Hashable, Sendable {
    public let masterJobID: MasterJobID
    public let address: AddressLayout
    /// When the receiver took the address, in milliseconds since 1970 by the receiver's clock.
    public let reportedAt: Int64
    /// Free slots; 0 when the master has withdrawn its advertisement. 1 where it says nothing.
    public private(set) var wanted = 1
    /// The part of the watchers that should claim, 0 to 1; 1 where the master says nothing.
    public private(set) var share = 1.0
    public private(set) var sessionProtocol = SessionProtocol.podAgent6
    /// The master's own count; `nil` where it says nothing.
    public private(set) var order: AdvertisementOrder?
    /// Whether the master says by which key workers know it.
    public private(set) var hasKey = false

    /// In bytes; a repository writes at most 13, and twice that where it has an exponent.
    private static let longestShare = 32

    /// - Parameters:
    ///   - node: The name of the node: the MasterJobId in decimal.
    ///   - address: The value of `Address`.
    ///   - reportedAt: The time of that value, in milliseconds since 1970.
    public init(node: Span<UInt8>, address: Span<UInt8>, reportedAt: Int64) throws(ValueError) {
        self.masterJobID = try MasterJobID(parsing: node)
        self.address = try AddressLayout(parsing: address)
        self.reportedAt = reportedAt
    }

    /// Takes the value of `Wanted`, unless it belongs to an earlier advertisement.
    public mutating func read(wanted text: Span<UInt8>, reportedAt: Int64) throws(ValueError) {
        guard reportedAt >= self.reportedAt else { return }
        self.wanted = try Self.wanted(in: text)
    }

    /// Takes the value of `Share`, unless it belongs to an earlier advertisement.
    public mutating func read(share text: Span<UInt8>, reportedAt: Int64) throws(ValueError) {
        guard reportedAt >= self.reportedAt else { return }
        self.share = try Self.share(in: text)
    }

    /// Takes the value of `Protocol`, unless it belongs to an earlier advertisement.
    public mutating func read(sessionProtocol text: Span<UInt8>, reportedAt: Int64) throws(ValueError) {
        guard reportedAt >= self.reportedAt else { return }
        self.sessionProtocol = try SessionProtocol(parsing: text)
    }

    /// Takes the value of `Sequence`, unless it belongs to an earlier advertisement.
    public mutating func read(sequence text: Span<UInt8>, reportedAt: Int64) throws(ValueError) {
        guard reportedAt >= self.reportedAt else { return }
        self.order = try AdvertisementOrder(parsing: text)
    }

    /// Takes the value of `Key`, unless it belongs to an earlier advertisement.
    public mutating func read(key text: Span<UInt8>, reportedAt: Int64) throws(ValueError) {
        guard reportedAt >= self.reportedAt else { return }
        try MasterKey.check(text)
        self.hasKey = true
    }

    private static func wanted(in text: Span<UInt8>) throws(ValueError) -> Int {
        var wanted = 0
        guard text.count > 0 else {
            throw Self.wantedError(text)
        }
        for index in text.indices {
            let digit = Int(text[index]) &- 0x30
            guard digit >= 0, digit <= 9, wanted <= Advertisement.mostWanted else {
                throw Self.wantedError(text)
            }
            wanted = wanted &* 10 &+ digit
        }
        guard wanted <= Advertisement.mostWanted else {
            throw Self.wantedError(text)
        }
        return wanted
    }

    private static func wantedError(_ text: Span<UInt8>) -> ValueError {
        ValueError(
            "Wanted", found: String(decodingForMessage: text),
            expected: "a whole number from 0 to \(Advertisement.mostWanted)")
    }

    private static func share(in text: Span<UInt8>) throws(ValueError) -> Double {
        let shown = String(decodingForMessage: text)
        guard self.isDecimal(text), let share = Double(shown), share >= 0, share <= 1 else {
            throw ValueError("Share", found: shown, expected: "a number from 0 to 1")
        }
        return share
    }

    /// Whether `Double` may be asked: it stops at a NUL and takes hexadecimal numbers, and of a long text it would see
    /// only the beginning, which may be a number where the whole is none.
    private static func isDecimal(_ text: Span<UInt8>) -> Bool {
        guard text.count <= self.longestShare else { return false }
        for index in text.indices {
            switch text[index] {
            case 0x30...0x39, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"): break
            case UInt8(ascii: "e"), UInt8(ascii: "E"): break
            default: return false
            }
        }
        return true
    }
}
