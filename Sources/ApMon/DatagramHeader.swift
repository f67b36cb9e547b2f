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
        let bytes = trimmed.span
        guard Self.position(of: UInt8(ascii: "v"), in: bytes) != nil,
            let passwordMark = Self.position(of: UInt8(ascii: "p"), in: bytes),
            passwordMark >= 2
        else {
            self.version = nil
            self.password = nil
            self.major = -1
            self.minor = -1
            return
        }
        let version = bytes.extracting(first: passwordMark).extracting(droppingFirst: 2)
        self.version = DatagramText(copying: version)
        let password = DatagramText(copying: bytes.extracting(droppingFirst: passwordMark &+ 2))
        self.password = DatagramText(bytes: password.trimmed)
        (self.major, self.minor) = Self.numbers(version)
    }

    /// Whether the string is really the name of the cluster: the format before versions.
    var isCluster: Bool { self.major < 0 }

    /// Whether instance id and sequence number follow: from version 2.2 on.
    var hasSequence: Bool { self.major > 2 || self.major == 2 && self.minor >= 2 }

    /// Whether a time may stand at the end: from version 1.6 on.
    var hasTime: Bool { self.major >= 2 || self.major == 1 && self.minor >= 6 }

    /// Where `letter` and a colon stand first.
    private static func position(of letter: UInt8, in bytes: Span<UInt8>) -> Int? {
        for index in bytes.indices where bytes[index] == UInt8(ascii: ":") && index > 0 {
            if bytes[index &- 1] == letter {
                return index &- 1
            }
        }
        return nil
    }

    /// The first two numbers of a version, up to its language tag; -1 for one that is missing.
    private static func numbers(_ version: Span<UInt8>) -> (major: Int, minor: Int) {
        var texts: [[UInt8]] = []
        var text: [UInt8] = []
        for index in version.indices {
            let byte = version[index]
            if byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") {
                break
            }
            if byte == UInt8(ascii: ".") {
                texts.append(text)
                text = []
            } else {
                text.append(byte)
            }
        }
        texts.append(text)
        let major = texts.first.flatMap(Self.number) ?? -1
        return (major, major < 0 ? -1 : texts.dropFirst().first.flatMap(Self.number) ?? -1)
    }

    private static func number(_ digits: [UInt8]) -> Int? {
        String(validating: digits, as: UTF8.self).flatMap { Int($0) }
    }
}
