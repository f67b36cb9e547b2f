/// What a worker speaks to the address of an advertisement: its `Protocol` parameter.
public enum SessionProtocol: String, Hashable, Sendable, CaseIterable {
    /// Our control channel.
    case alienPoD1 = "alien-pod/1"
    /// A PoD 3.x server's agent port. An advertisement that names no protocol means this one: the original design
    /// knew no other.
    case podAgent6 = "pod-agent/6"

    /// Reads the value of the parameter.
    public init(parsing text: Span<UInt8>) throws(ValueError) {
        let name = String(decodingForMessage: text)
        guard let known = SessionProtocol(rawValue: name) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: " or ")
            throw ValueError("Protocol", found: name, expected: names)
        }
        self = known
    }
}
