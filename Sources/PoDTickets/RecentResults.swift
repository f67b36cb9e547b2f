/// What was found out lately, by digest, in bounded memory.
///
/// Two generations: when the younger one is full it becomes the older one, whose results are forgotten. What is asked
/// for again moves to the younger one. So at least the last `limit` different results are known, at most twice as many,
/// and no step costs more than a look-up.
struct RecentResults<Value: Sendable>: Sendable {
    private let limit: Int
    private var younger: [SHA256Digest: Value] = [:]
    private var older: [SHA256Digest: Value] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    mutating func value(for digest: SHA256Digest) -> Value? {
        if let value = self.younger[digest] {
            return value
        }
        guard let value = self.older.removeValue(forKey: digest) else { return nil }
        self.insert(value, for: digest)
        return value
    }

    mutating func insert(_ value: Value, for digest: SHA256Digest) {
        if self.younger.count >= self.limit {
            self.older = self.younger
            self.younger = [:]
        }
        self.younger.updateValue(value, forKey: digest)
    }
}
