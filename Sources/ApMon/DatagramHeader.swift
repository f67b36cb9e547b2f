/// The first string of a datagram, `v:VERSION p:PASSWORD` without the blank; in the oldest format it is the cluster.
public struct DatagramHeader: Hashable, Sendable {
    /// The string as it is on the wire.
    public let text: DatagramText
    /// The part between `v:` and `p:`, with its language tag; `nil` where there is no such header.
    public let version: DatagramText?
    /// The part after `p:`; empty for no password, `nil` where there is no such header.
    public let password: DatagramText?
    /// The first two numbers of the version, -1 for one that is missing.
    private let major: Int
    private let minor: Int

    /// A header of this version and password.
    public init(version: String, password: String) {
        self.init(text: DatagramText("v:\(version)p:\(password)"))
    }

    /// Reads a header as the receiver does: the first `v:` and the first `p:` count, wherever they stand, and the
    /// version begins at the third character.
    public init(text: DatagramText) {
        self.text = text
        let trimmed = text.trimmed
        guard Self.position(of: UInt8(ascii: "v"), in: trimmed) != nil,
            let passwordMark = Self.position(of: UInt8(ascii: "p"), in: trimmed),
            passwordMark >= 2
        else {
            self.version = nil
            self.password = nil
            self.major = -1
            self.minor = -1
            return
        }
        let version = trimmed.prefix(passwordMark).dropFirst(2)
        self.version = DatagramText(bytes: Array(version))
        let password = DatagramText(bytes: Array(trimmed.dropFirst(passwordMark).dropFirst(2)))
        self.password = DatagramText(bytes: Array(password.trimmed))
        let numbers = version.prefix { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
            .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let major = numbers.first.flatMap(Self.number) ?? -1
        self.major = major
        self.minor = major < 0 ? -1 : numbers.dropFirst().first.flatMap(Self.number) ?? -1
    }

    /// Whether the string is really the name of the cluster: the format before versions.
    var isCluster: Bool { self.major < 0 }

    /// Whether instance id and sequence number follow: from version 2.2 on.
    var hasSequence: Bool { self.major > 2 || self.major == 2 && self.minor >= 2 }

    /// Whether a time may stand at the end: from version 1.6 on.
    var hasTime: Bool { self.major >= 2 || self.major == 1 && self.minor >= 6 }

    /// Where `letter` and a colon stand first, counted from the start.
    private static func position(of letter: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
        for (index, pair) in zip(bytes, bytes.dropFirst()).enumerated()
        where pair.0 == letter && pair.1 == UInt8(ascii: ":") {
            return index
        }
        return nil
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        String(validating: digits, as: UTF8.self).flatMap { Int($0) }
    }
}
