/// What answers at a port of the XRootD family, told by its handshake.
///
/// Both begin with 20 bytes, five 32-bit numbers in network byte order (XRootD protocol specification, "Initial
/// Handshake"; `xproofd` tells itself apart by the third), and are answered with 16.
public enum XRootDService: Hashable, Sendable {
    /// `xrootd`: files.
    case files
    /// `xproofd`: PROOF.
    case proof

    /// What a client says first. PROOF's has eight bytes more, which old servers wait for.
    public var greeting: [UInt8] {
        let words: [UInt32] =
            switch self {
            case .files: [0, 0, 0, 4, 2012]
            case .proof: [0, 0, 1, 0, 0, 4, 2012]
            }
        return words.flatMap { word in
            stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    /// The length of the answer, in bytes.
    public static let answerLength = 16

    /// Whether these bytes are the service's answer.
    ///
    /// - Parameter answer: The first ``answerLength`` bytes that came.
    public func isAnswered(by answer: [UInt8]) -> Bool {
        guard answer.count == Self.answerLength else { return false }
        let words = stride(from: 0, to: Self.answerLength, by: 4).map { start in
            answer[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        // No stream, no error.
        guard words[0] == 0 else { return false }
        return switch self {
        // The length of the rest, the protocol's version, and what it is: a manager (0) or a data server (1).
        case .files: words[1] == 8 && words[2] > 0 && words[3] <= 1
        // xproofd's makers never settled in which of the words the version stands.
        case .proof: words[1] > 0 || words[2] > 0
        }
    }
}
