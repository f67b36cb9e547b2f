/// A random 128-bit number by which a claimant names its claim, so that asking twice never takes two slots.
public struct ClaimID: Hashable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the 32 hexadecimal digits of ``description``.
    public init(parsing text: String) throws(ValueError) {
        let bytes = text.utf8.span
        var words: (UInt64, UInt64) = (0, 0)
        for index in bytes.indices {
            let byte = bytes[index]
            let digit: UInt64
            switch byte {
            case 0x30...0x39: digit = UInt64(byte) &- 0x30
            case 0x61...0x66: digit = UInt64(byte) &- 0x61 &+ 10
            default: throw Self.error(text)
            }
            words.0 = words.0 << 4 | words.1 >> 60
            words.1 = words.1 << 4 | digit
        }
        guard bytes.count == 32 else {
            throw Self.error(text)
        }
        self.init(high: words.0, low: words.1)
    }

    private static func error(_ text: String) -> ValueError {
        ValueError("claim", found: text, expected: "32 hexadecimal digits in lower case")
    }

    public var description: String { Self.hexadecimal(self.high) + Self.hexadecimal(self.low) }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: max(0, 16 &- digits.utf8.count)) + digits
    }
}

/// The name of a lease: never used twice, for the epoch is raised at each start of the master.
public struct LeaseID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let epoch: UInt64
    public let number: UInt64

    public init(epoch: UInt64, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    /// Reads `epoch.number`.
    public init(parsing text: String) throws(ValueError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let epochText = parts.first, let numberText = parts.last,
            let epoch = UInt64(epochText), let number = UInt64(numberText),
            "\(epoch).\(number)" == text
        else {
            throw ValueError("lease", found: text, expected: "epoch.number")
        }
        self.init(epoch: epoch, number: number)
    }

    public var description: String { "\(self.epoch).\(self.number)" }

    public static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.epoch, lhs.number) < (rhs.epoch, rhs.number)
    }
}

/// A slot granted to a claimant.
public struct Lease: Hashable, Sendable {
    public let id: LeaseID
    public let claim: ClaimID
    /// Whose ticket claimed it; `nil` for a claimant without one.
    public let holder: String?
    public internal(set) var state: State

    public enum State: Hashable, Sendable {
        /// Granted; the worker must register until then, or the slot is free again.
        case granted(registerBefore: Instant)
        /// A worker runs on it.
        case registered(lastHeard: Instant)
        /// Its connection ended or it fell silent. Until `heldUntil` the slot is kept for it; after that it may come
        /// back until `resumableUntil`, if a slot is free. `registerBefore` goes on for one that never registered;
        /// it is `nil` for one that has.
        case away(heldUntil: Instant, resumableUntil: Instant, registerBefore: Instant?)
        /// Its slot was freed while it was away.
        case lapsed(resumableUntil: Instant, registerBefore: Instant?)
    }

    /// Whether it takes one of the slots.
    public var holdsSlot: Bool {
        if case .lapsed = self.state { false } else { true }
    }

    public var isRegistered: Bool {
        if case .registered = self.state { true } else { false }
    }

    /// Until when it must be registered; `nil` once it was.
    public var registerBefore: Instant? {
        switch self.state {
        case .registered: nil
        case .granted(let registerBefore): registerBefore
        case .away(_, _, let registerBefore), .lapsed(_, let registerBefore): registerBefore
        }
    }
}
