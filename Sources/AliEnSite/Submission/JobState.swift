/// How a job is, as far as its backend knows.
package enum JobState: Hashable, Sendable {
    /// - Parameter reason: In the backend's words; `nil` where it gives none.
    case waiting(reason: String?)
    case running
    /// - Parameter reason: In the backend's words; `nil` where nobody knows.
    case ended(reason: String?)

    package var hasEnded: Bool {
        if case .ended = self { true } else { false }
    }
}
