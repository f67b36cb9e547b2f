import Foundation
import PoDCore
import PoDRendezvous

/// Jobs of the grid, through AliEn's own client or JAliEn's. They see no file of this machine: what they need is
/// uploaded into the catalogue, into a new directory of the user's, `alien-pod/SESSION_…`.
package struct GridBackend: Backend {
    package let name: String
    package let sharesFiles = false
    /// What is asked is asked of a service that the whole collaboration has in common.
    package let period: Duration = .seconds(30)
    package var longestTime: Int? { Int(JobDescription.longestTTL) }

    private let client: any GridClient
    private let templates: String

    /// JAliEn, by `alien.py`.
    ///
    /// - Parameters:
    ///   - templates: The directory with `master.jdl` and `worker.jdl`.
    ///   - program: A name in PATH or a path.
    package static func jalien(templates: String, program: String = "alien.py") -> GridBackend {
        GridBackend(name: "jalien", client: JAliEnClient(program: program), templates: templates)
    }

    /// AliEn, by `alien`.
    ///
    /// - Parameters:
    ///   - templates: The directory with `master.jdl` and `worker.jdl`.
    ///   - program: A name in PATH or a path.
    package static func alien(templates: String, program: String = "alien") -> GridBackend {
        GridBackend(name: "alien", client: AliEnClient(program: program), templates: templates)
    }

    /// The job description; the user's directory of the catalogue, of which only the grid knows, is `/HOME` in it.
    package func document(of job: JobRequest) throws(SiteError) -> String {
        try self.gridJob(job, in: "/HOME/alien-pod/\(Self.directoryName(of: job))").text
    }

    package func submit(_ job: JobRequest) async throws(SiteError) -> [String] {
        // What can't be said is said before anything is asked.
        _ = try self.document(of: job)
        try await self.client.checkCredentials()
        let directory = "\(try await self.client.home())/alien-pod/\(Self.directoryName(of: job))_\(Self.mark)"
        let gridJob = try self.gridJob(job, in: directory)
        try JobFile.write(gridJob.script, for: job)
        try JobFile.write(gridJob.text, at: job.descriptionPath)
        do throws(SiteError) {
            try await self.client.upload(gridJob.files, to: directory)
            return [try await self.client.submit(gridJob.files[0].path)]
        } catch {
            // The session's key among it. What can't be removed now is removed with the session.
            if (try? await self.client.remove(directory)) != nil { unlink(job.descriptionPath) }
            throw error
        }
    }

    package func states(of jobs: [String]) async throws(SiteError) -> [String: JobState] {
        guard !jobs.isEmpty else { return [:] }
        return GridQueueEntry.states(of: jobs, in: try await self.client.entries(of: jobs))
    }

    package func cancel(_ job: String) async throws(SiteError) {
        do throws(SiteError) {
            try await self.client.kill(job)
        } catch {
            guard try await self.states(of: [job])[job]?.hasEnded == true else { throw error }
        }
    }

    /// The grid has one way only.
    package func kill(_ job: String) async throws(SiteError) {
        try await self.cancel(job)
    }

    /// A description is in the session's directory as long as what it names is in the catalogue.
    package func clear(_ directory: String) async throws(SiteError) {
        let jobs = "\(directory)/jobs"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: jobs)) ?? []
        for path in names.filter({ $0.hasSuffix(".jdl") }).sorted().map({ "\(jobs)/\($0)" }) {
            guard case .text(let executable) = try Self.description(at: path)["Executable"],
                executable.contains("/alien-pod/"), let end = executable.lastIndex(of: "/")
            else {
                throw SiteError(.data, "\(path): expected the description of a job of ours")
            }
            try await self.client.remove(String(executable[..<end]))
            unlink(path)
        }
    }

    private func gridJob(_ job: JobRequest, in directory: String) throws(SiteError) -> GridJob {
        guard job.kind != .connection else {
            throw SiteError(.usage, "backend \(self.name): takes masters and workers, no job of this machine")
        }
        try self.refuse([
            ("--account", job.resources.account != nil),
            ("--cores", job.resources.cores != nil && !self.client.knowsCores),
        ])
        return try GridJob(
            job, template: try self.template(of: job.kind), directory: directory, knowsCores: self.client.knowsCores)
    }

    private func template(of kind: JobKind) throws(SiteError) -> JDL {
        try Self.description(at: "\(self.templates)/\(kind.rawValue).jdl")
    }

    private static func description(at path: String) throws(SiteError) -> JDL {
        do {
            return try JDL(parsing: String(decoding: try SmallFile.read(path), as: UTF8.self))
        } catch let error as RendezvousError {
            throw SiteError(error.status, error.description)
        } catch {
            throw SiteError(.data, "\(path): \(error)")
        }
    }

    /// The session's name in letters, digits, dots and underscores: AliEn's commands read `-n` and `-z` in the middle of
    /// a word, too.
    private static func directoryName(of job: JobRequest) -> String {
        let name = job.session.split(separator: "/").last ?? "session"
        return String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "_" })
    }

    /// 64 bits that tell directories apart, and that nobody guesses.
    private static var mark: String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
