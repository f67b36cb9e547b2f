import AliEnSite
import Foundation
import PoDCore
import PoDRendezvous

/// What was submitted for a session, kept in its directory: `jobs.json`,
/// `{"repositories":["http://…"],"jobs":[{"kind":"worker","backend":"slurm","id":"4712_1","name":"worker-1","count":1}]}`.
struct SessionJobs {
    struct Job: Hashable, Sendable {
        let kind: JobKind
        let backend: String
        /// As the backend knows it.
        let id: String
        /// Of its log in the session's directory.
        let name: String
        /// For how many of its kind the id stands.
        let count: Int
    }

    private static let fileName = "jobs.json"

    static func path(in place: SessionPlace) -> String { "\(place.directory)/\(self.fileName)" }

    let place: SessionPlace
    /// Where the master's advertisements can be seen.
    let repositories: [String]
    private(set) var jobs: [Job] = []

    /// Of a session that is about to start; writes that nothing runs yet.
    init(none place: SessionPlace, repositories: [String]) throws {
        self.place = place
        self.repositories = repositories
        try self.write()
    }

    /// Reads what was written.
    ///
    /// - Throws: ``CommandError`` when there is nothing, or nothing that can be read.
    init(of place: SessionPlace) throws(CommandError) {
        self.place = place
        let path = Self.path(in: place)
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandError(
                .noInput,
                "session \(place.name): \(path) is not there; `alien-pod up` or `alien-pod submit master` starts a session"
            )
        }
        do {
            let document = try JSONValue(parsing: try SmallFile.read(path))
            self.repositories = (document["repositories"]?.array ?? []).compactMap(\.string)
            self.jobs = try (document["jobs"]?.array ?? []).map { try Job(document: $0) }
        } catch {
            throw CommandError(.data, "\(path): \(error)")
        }
    }

    var master: Job? { self.jobs.first { $0.kind == .master } }

    /// The number of the next worker: none is used twice in a session.
    var nextWorker: Int { self.jobs.filter { $0.kind == .worker }.map(\.count).reduce(1, +) }

    /// Adds jobs, on the disk, too.
    mutating func add(_ jobs: [Job]) throws {
        self.jobs += jobs
        try self.write()
    }

    private func write() throws {
        let document = JSONValue.object([
            .init(name: "repositories", value: .array(self.repositories.map { .string($0) })),
            .init(name: "jobs", value: .array(self.jobs.map(\.document))),
        ])
        try PrivateDirectory(path: self.place.directory).replace([(Self.fileName, document.text + "\n")])
    }
}

extension SessionJobs.Job {
    fileprivate var document: JSONValue {
        .object([
            .init(name: "kind", value: .string(self.kind.rawValue)),
            .init(name: "backend", value: .string(self.backend)),
            .init(name: "id", value: .string(self.id)),
            .init(name: "name", value: .string(self.name)),
            .init(name: "count", value: .integer(Int64(self.count))),
        ])
    }

    fileprivate init(document: JSONValue) throws(ValueError) {
        guard let kind = document["kind"]?.string.flatMap({ JobKind(rawValue: $0) }),
            let backend = document["backend"]?.string, let id = document["id"]?.string,
            let name = document["name"]?.string, let count = document["count"]?.integer
        else {
            throw ValueError("job", "expected kind, backend, id, name and count")
        }
        self.init(kind: kind, backend: backend, id: id, name: name, count: Int(clamping: count))
    }
}
