import PoDCore

/// What is to happen, in the order of time; what is due at one time comes in the order in which it was added.
struct EventQueue {
    private struct Entry {
        let tick: Tick
        let number: UInt64
        let event: Event

        func comes(before other: Entry) -> Bool {
            self.tick == other.tick ? self.number < other.number : self.tick < other.tick
        }
    }

    /// A binary heap: each entry comes before those at twice its index plus one and two.
    private var heap: [Entry] = []
    private var nextNumber: UInt64 = 0

    var firstTick: Tick? { self.heap.first?.tick }

    mutating func add(_ event: Event, at time: Instant) {
        self.heap.append(Entry(tick: Tick(time), number: self.nextNumber, event: event))
        self.nextNumber += 1
        var index = self.heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard self.heap[index].comes(before: self.heap[parent]) else { break }
            self.heap.swapAt(index, parent)
            index = parent
        }
    }

    mutating func popFirst() -> (tick: Tick, event: Event)? {
        guard let first = self.heap.first, let last = self.heap.popLast() else { return nil }
        guard !self.heap.isEmpty else { return (first.tick, first.event) }
        self.heap[0] = last
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < self.heap.count else { break }
            if child + 1 < self.heap.count, self.heap[child + 1].comes(before: self.heap[child]) {
                child += 1
            }
            guard self.heap[child].comes(before: self.heap[index]) else { break }
            self.heap.swapAt(index, child)
            index = child
        }
        return (first.tick, first.event)
    }
}
