import PoDCore

/// Where the jobs of a session run: a batch system, the grid, or this machine.
package protocol Backend: Sendable {
    /// As on the command line.
    var name: String { get }

    /// Whether its jobs see this machine's files, the session's directory among them. Where they don't, they work in a
    /// directory of their own, and what they need is sent there.
    var sharesFiles: Bool { get }

    /// How often it may be asked for states, without a load that its operators would notice.
    var period: Duration { get }

    /// The longest that a job may ask for, in seconds; `nil` where only the backend itself knows.
    var longestTime: Int? { get }

    /// What would be submitted, as the backend gets it.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/usage`` for what this backend does not know or can't do.
    func document(of job: JobRequest) throws(SiteError) -> String

    /// Submits it.
    ///
    /// - Returns: What the backend knows the jobs by: an id for each, or one for all where it counts them as one.
    /// - Throws: ``SiteError``; nothing was submitted then.
    func submit(_ job: JobRequest) async throws(SiteError) -> [String]

    /// How jobs are, by their ids. One that the backend does not know any more has ended.
    func states(of jobs: [String]) async throws(SiteError) -> [String: JobState]

    /// Asks a job to end, in good order. One that has ended is no error.
    func cancel(_ job: String) async throws(SiteError)

    /// Ends a job that did not do so when it was asked to. One that has ended is no error.
    func kill(_ job: String) async throws(SiteError)

    /// Removes what was sent elsewhere for a session, keys among it, when its jobs have ended.
    ///
    /// - Parameter directory: The session's.
    func clear(_ directory: String) async throws(SiteError)
}

extension Backend {
    package var longestTime: Int? { nil }

    /// Nothing was sent.
    package func clear(_ directory: String) async throws(SiteError) {}

    /// - Returns: The first of the options that this backend has nothing for.
    func refuse(_ options: [(name: String, isGiven: Bool)]) throws(SiteError) {
        if let option = options.first(where: \.isGiven) {
            throw SiteError(.usage, "\(option.name): means nothing to backend \(self.name)")
        }
    }
}
