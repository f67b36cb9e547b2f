/// The command by which a user of this machine talks to the grid.
protocol GridClient: Sendable {
    /// Whether jobs may ask for processor cores.
    var knowsCores: Bool { get }

    /// - Throws: ``SiteError`` with ``ExitStatus/noPermission``, which says what to do, when the grid would not know the
    ///   user.
    func checkCredentials() async throws(SiteError)

    /// The user's directory in the catalogue, without a slash at its end.
    func home() async throws(SiteError) -> String

    /// Makes a directory of the catalogue and puts files into it, for the user's eyes alone.
    ///
    /// - Throws: ``SiteError`` unless all are there in full, and readable by nobody else.
    func upload(_ files: [GridFile], to directory: String) async throws(SiteError)

    /// Removes a directory of the catalogue and all in it. One that is not there is no error.
    func remove(_ directory: String) async throws(SiteError)

    /// Submits a job description of the catalogue.
    ///
    /// - Returns: The job's id.
    func submit(_ path: String) async throws(SiteError) -> String

    /// What the task queue has of jobs and of those that they were split into.
    func entries(of jobs: [String]) async throws(SiteError) -> [GridQueueEntry]

    /// Ends a job and those that it was split into.
    func kill(_ job: String) async throws(SiteError)
}
