/// The next checks of all idle watchers, in the order of time.
///
/// A million watchers have one check to come each: a heap would move each of them through twenty levels of memory that
/// is nowhere near the processor. Here a check goes into the bucket of its time, and a bucket is sorted when it is due.
struct CheckWheel {
    struct Check {
        let tick: Tick
        let agent: UInt32
        /// Of which life of the agent: a check that a crashed agent had planned is none of the next one's.
        let life: UInt32
    }

    /// 2^26 ticks are 72 ms: some thousand checks of a million watchers.
    private static let bucketShift: Int64 = 26
    private static let bucketCount: Int64 = 8192

    private var buckets = [[Check]](repeating: [], count: Int(bucketCount))
    /// The bucket that is due, its first check last.
    private var due: [Check] = []
    private var dueBucket: Int64 = 0
    private var later = 0
    private var spare: [[Check]] = []

    /// How far ahead a check may be planned, in ticks: a bucket less than the wheel has.
    static let horizon = (bucketCount - 1) << bucketShift

    /// Plans a check, at most ``horizon`` from the time of the last one taken.
    mutating func add(_ check: Check) {
        let bucket = check.tick.number >> Self.bucketShift
        guard bucket > self.dueBucket else {
            let index = self.due.firstIndex { !Self.comes(check, before: $0) } ?? self.due.endIndex
            self.due.insert(check, at: index)
            return
        }
        let index = Int(bucket % Self.bucketCount)
        if self.buckets[index].capacity == 0, let storage = self.spare.popLast() {
            self.buckets[index] = storage
        }
        self.buckets[index].append(check)
        self.later += 1
    }

    var firstTick: Tick? {
        mutating get {
            if self.due.isEmpty {
                self.turn()
            }
            return self.due.last?.tick
        }
    }

    mutating func popFirst() -> Check? {
        if self.due.isEmpty {
            self.turn()
        }
        return self.due.popLast()
    }

    private mutating func turn() {
        while self.due.isEmpty, self.later > 0 {
            self.dueBucket += 1
            let index = Int(self.dueBucket % Self.bucketCount)
            guard !self.buckets[index].isEmpty else { continue }
            swap(&self.due, &self.buckets[index])
            if self.buckets[index].capacity > 0 {
                self.spare.append(self.buckets[index])
                self.buckets[index] = []
            }
            self.later -= self.due.count
            self.due.sort { Self.comes($1, before: $0) }
        }
    }

    private static func comes(_ one: Check, before other: Check) -> Bool {
        one.tick == other.tick ? one.agent < other.agent : one.tick < other.tick
    }
}
