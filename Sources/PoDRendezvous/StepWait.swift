import MonALISARepository
import PoDCore

/// What a step says: nothing can be done before one of the sockets is ready or the time is over.
public struct StepWait: Sendable {
    /// 0 or more.
    public let milliseconds: Int32
    public let sockets: [(descriptor: Int32, events: Int16)]

    init(_ wait: HTTPFetch.Wait) {
        self.milliseconds = wait.milliseconds
        self.sockets = wait.sockets
    }

    init(until deadline: Instant, now: Instant) {
        let milliseconds = deadline.duration(since: now).wholeMillisecondsRoundedUp
        self.milliseconds = Int32(clamping: milliseconds)
        self.sockets = []
    }
}
