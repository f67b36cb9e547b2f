import AliEnSite
import ArgumentParser
import Foundation
import PoDCore

/// Where jobs run and what they are given there.
struct BackendArguments: ParsableArguments {
    static let standardFile = "~/.alien-pod/submit.json"

    @Option(
        help: """
            Where the jobs run: \(Backends.names.joined(separator: ", ")). local, which is this machine, if neither this \
            nor the file of defaults says.
            """)
    var backend: String?

    @Option(help: "The partition, queue or CE.")
    var queue: String?

    @Option(help: "The account, project or accounting group.")
    var account: String?

    @Option(help: "Processor cores for one job.")
    var cores: Int?

    @Option(help: "Memory for one job, in MiB.")
    var memory: Int?

    @Option(help: "Seconds after which the backend ends a job.")
    var time: Int?

    @Option(
        parsing: .unconditionalSingleValue,
        help: """
            A line in the backend's language: what stands behind #SBATCH, a line of HTCondor's submit description, an \
            attribute of a JDL; may be repeated.
            """)
    var directive: [String] = []

    @Option(help: "A file of shell commands that come before ours in a job.")
    var prologue: String?

    @Option(
        help: """
            The directory where alien-pod is installed on the nodes; as on this machine if not given.
            """)
    var home: String?

    @Option(help: "The file of defaults; \(Self.standardFile) if not given and there.")
    var defaults: String?

    /// - Parameter standard: The backend where nobody names one.
    /// - Throws: ``CommandError`` for a value that can't be.
    func backend(standard: String = Backends.names[0]) throws -> any Backend {
        try Backends.named(self.backend ?? (try self.file).backend ?? standard)
    }

    /// What jobs of one kind are given.
    func resources(of backend: any Backend, _ kind: JobKind) throws -> JobResources {
        var resources = JobResources()
        resources.queue = self.queue
        resources.account = self.account
        resources.cores = self.cores
        resources.memory = self.memory
        resources.time = self.time
        resources.directives = self.directive
        resources.prologue = try self.prologue.map { try JobResources.prologue(inFile: $0) }
        resources.home = self.home
        try resources.check()
        return resources.filled(from: try self.file.resources(of: backend.name, kind))
    }

    private var file: SubmissionDefaults {
        get throws {
            let home = ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory()
            return try SubmissionDefaults(
                path: self.defaults ?? "\(home)\(Self.standardFile.dropFirst())", isRequired: self.defaults != nil,
                backends: Backends.names)
        }
    }
}
