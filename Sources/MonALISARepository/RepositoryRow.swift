/// One value of an answer: the names of its series, the value, and when it was taken.
public struct RepositoryRow: Hashable, Sendable {
    /// The place of a text in an answer.
    struct Field: Hashable, Sendable {
        /// Where it begins, in the body or, if it had to be unescaped, in the answer's unescaped text.
        let start: UInt32
        let count: UInt32
        let isUnescaped: Bool
    }

    let farm: Field
    let cluster: Field
    let node: Field
    let parameter: Field
    let value: Field
    /// Milliseconds since 1970.
    public let timestamp: Int64
    /// Its place in the answer, from 1 on, counting the skipped ones.
    public let number: Int
}

/// A row that was left out, and why.
public struct SkippedRow: Hashable, Sendable {
    /// Its place in the answer, from 1 on.
    public let number: Int
    public let reason: String

    public init(number: Int, reason: String) {
        self.number = number
        self.reason = reason
    }
}
