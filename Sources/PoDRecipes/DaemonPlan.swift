/// A process to run, what must lie in its directory before, and how to know that it is ready.
public struct DaemonPlan: Hashable, Sendable {
    /// Program and arguments.
    public let command: [String]
    /// The whole environment, but for what ``DaemonEnvironment`` allows of ours.
    public let environment: [String: String]
    /// Names of directories to make in the daemon's own.
    public let directories: [String]
    /// Files to write there.
    public let files: [DaemonFile]
    public let ready: ReadyProbe

    public init(
        command: [String], environment: [String: String] = [:], directories: [String] = [], files: [DaemonFile] = [],
        ready: ReadyProbe
    ) {
        self.command = command
        self.environment = environment
        self.directories = directories
        self.files = files
        self.ready = ready
    }

    /// Makes its directories and writes its files, each whole or not at all.
    ///
    /// - Parameter directory: The daemon's own, which is there.
    public func layOut(in directory: String) throws(RecipeError) {
        try DaemonFile.makeDirectories(self.directories, in: directory)
        try DaemonFile.replace(self.files, in: directory)
    }

    /// The same daemon with a setup before it.
    func after(_ setup: DaemonSetup?) -> DaemonPlan {
        guard let setup else { return self }
        return DaemonPlan(
            command: setup.wrap(self.command), environment: self.environment, directories: self.directories,
            files: self.files, ready: self.ready)
    }
}
