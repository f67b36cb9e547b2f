import Foundation
import PoDCore
import PoDRendezvous

/// What runs for a session, as `up` wrote it into the session's directory for `down`: `jobs.json`,
/// `{"jobs":[{"kind":"worker","backend":"local","id":"4711.1234567","log":"…"}]}`.
struct SessionJobs {
    struct Job: Hashable, Sendable {
        let kind: JobKind
        let backend: String
        /// As the backend knows it.
        let id: String
        /// The file that holds its output.
        let log: String
    }

    private static let fileName = "jobs.json"

    static func path(in place: SessionPlace) -> String { "\(place.directory)/\(self.fileName)" }

    private(set) var jobs: [Job] = []

    /// Of a session that is about to start; writes that nothing runs yet.
    init(none place: SessionPlace) throws {
        try self.write(in: place)
    }

    /// Reads what `up` wrote.
    ///
    /// - Throws: ``CommandError`` when there is nothing, or nothing that can be read.
    init(of place: SessionPlace) throws(CommandError) {
        let path = Self.path(in: place)
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandError(
                .noInput, "session \(place.name): \(path) is not there; `alien-pod up` starts a session")
        }
        do {
            let document = try JSONValue(parsing: try SmallFile.read(path))
            self.jobs = try (document["jobs"]?.array ?? []).map { try Job(document: $0) }
        } catch {
            throw CommandError(.data, "\(path): \(error)")
        }
    }

    /// Adds a job, on the disk, too.
    mutating func add(_ job: Job, in place: SessionPlace) throws {
        self.jobs.append(job)
        try self.write(in: place)
    }

    private func write(in place: SessionPlace) throws {
        let document = JSONValue.object([.init(name: "jobs", value: .array(self.jobs.map(\.document)))])
        try PrivateDirectory(path: place.directory).replace([(Self.fileName, document.text + "\n")])
    }
}

extension SessionJobs.Job {
    fileprivate var document: JSONValue {
        .object([
            .init(name: "kind", value: .string(self.kind.rawValue)),
            .init(name: "backend", value: .string(self.backend)),
            .init(name: "id", value: .string(self.id)),
            .init(name: "log", value: .string(self.log)),
        ])
    }

    fileprivate init(document: JSONValue) throws(ValueError) {
        guard let kind = document["kind"]?.string.flatMap({ JobKind(rawValue: $0) }),
            let backend = document["backend"]?.string, let id = document["id"]?.string,
            let log = document["log"]?.string
        else {
            throw ValueError("job", "expected kind, backend, id and log")
        }
        self.init(kind: kind, backend: backend, id: id, log: log)
    }
}
