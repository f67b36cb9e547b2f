/// One value of an answer: the names of its series, the value, and when it was taken.
public struct RepositoryRow: Hashable, Sendable {
    /// The place of a text in an answer.
    ///
    /// Rows are kept by the ten thousand, so it is eight bytes: the highest bit of the count tells the text.
    struct Field: Hashable, Sendable {
        /// Where it begins, in the body or, if it had to be unescaped, in the answer's unescaped text.
        let start: UInt32
        private let countAndText: UInt32

        init(start: Int, count: Int, isUnescaped: Bool) {
            self.start = UInt32(clamping: start)
            self.countAndText = UInt32(clamping: min(count, 0x7FFF_FFFF)) | (isUnescaped ? 0x8000_0000 : 0)
        }

        var count: Int { Int(self.countAndText & 0x7FFF_FFFF) }
        var isUnescaped: Bool { self.countAndText & 0x8000_0000 != 0 }
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
