import Synchronization

/// A wall clock in milliseconds that stands still until it is moved.
final class SteppedClock: Sendable {
    private let time: Mutex<Int64>

    init(_ time: Int64) {
        self.time = Mutex(time)
    }

    var now: Int64 { self.time.withLock { $0 } }

    func advance(by milliseconds: Int64) {
        self.time.withLock { $0 += milliseconds }
    }
}
