/// What a job of a session does.
package enum JobKind: String, Hashable, Sendable {
    case master, worker
    /// Leads ports of the user's machine to the head daemon.
    case connection
}

/// A job as it is asked for, whatever its backend.
package struct JobRequest: Hashable, Sendable {
    package let kind: JobKind
    /// The session's name, for people who look at a queue.
    package let session: String
    /// The session's directory, absolute: where the job works if its backend ``Backend/sharesFiles``.
    package let directory: String
    /// How `alien-pod` is started where the job runs.
    package let program: [JobWord]
    /// Its command and what follows. A master's `--job-id` and a worker's `--directory` are the script's to add.
    package let arguments: [JobWord]
    /// The words of a publisher that runs beside the master; empty for none.
    package let publisher: [JobWord]
    /// The job's numbers among its kind: how many there are, and what tells their logs and directories apart. Masters have 1.
    package let numbers: ClosedRange<Int>
    /// Files of the session's directory, by their paths in it, that the job must have: keys and tickets among them.
    package let inputs: [String]
    package let resources: JobResources

    package init(
        kind: JobKind, session: String, directory: String, program: [JobWord], arguments: [JobWord],
        publisher: [JobWord] = [],
        numbers: ClosedRange<Int> = 1...1, inputs: [String] = [], resources: JobResources = JobResources()
    ) {
        self.kind = kind
        self.session = session
        self.directory = directory
        self.program = program
        self.arguments = arguments
        self.publisher = publisher
        self.numbers = numbers
        self.inputs = inputs
        self.resources = resources
    }

    /// Its name in the session's directory: `master`, `worker-3`.
    package func name(of number: Int) -> String {
        switch self.kind {
        case .master: "master"
        case .worker: "worker-\(number)"
        case .connection: "connect"
        }
    }

    /// For a queue's listing, such as `pod-default-master`.
    var title: String { "pod-\(self.session)-\(self.kind.rawValue)" }

    /// The path of a job's output.
    package func log(of number: Int) -> String { self.log(named: self.name(of: number)) }

    func log(named name: String) -> String { "\(self.directory)/logs/\(name).log" }

    /// The path of the script, which stays for the user to see.
    package var scriptPath: String {
        let name = self.name(of: self.numbers.lowerBound)
        return "\(self.directory)/jobs/\(name)\(self.numbers.count > 1 ? "-to-\(self.numbers.upperBound)" : "").sh"
    }
}

/// A word of a job's command line.
package enum JobWord: Hashable, Sendable {
    /// As it stands.
    case text(String)
    /// A file of the directory that the job works in, by its path in it.
    case file(String)
}

extension JobWord: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) {
        self = .text(text)
    }
}
