import PoDCore

/// What a job of a session does.
enum JobKind: String, Sendable {
    case master, worker
    /// Leads ports of the user's machine to the head daemon.
    case connection
}

/// How a job is, as far as its backend knows.
enum JobState: Hashable, Sendable {
    case running
    /// - Parameter reason: `nil` where nobody knows.
    case ended(reason: String?)
}

/// Where the jobs of a session run.
protocol Backend: Sendable {
    /// As on the command line.
    var name: String { get }

    /// Whether its jobs run on this machine, where what one of them has installed is there for all.
    var isThisMachine: Bool { get }

    /// Starts `alien-pod` with these arguments as a job that outlives this process.
    ///
    /// - Parameter log: The path of the file that gets its output.
    /// - Returns: What the backend knows it by.
    func submit(_ kind: JobKind, arguments: [String], log: String) async throws -> String

    func state(of job: String) async throws -> JobState

    /// Asks a job to end, in good order.
    func cancel(_ job: String) async throws

    /// Ends a job that did not do so when it was asked to. One that has ended is no error.
    func kill(_ job: String) async throws
}

/// The backends by name.
enum Backends {
    static let names = ["local"]

    static func named(_ name: String) throws(ValueError) -> any Backend {
        switch name {
        case "local": LocalBackend()
        default: throw ValueError("backend", found: name, expected: "one of \(self.names.joined(separator: ", "))")
        }
    }
}
