import AliEnSite
import Foundation
import PoDCore
import PoDRendezvous
import PoDSession

/// A session's directory while `up`, `down` or `submit` works on it: nobody else's, and locked against another of them.
final class SessionFiles: Sendable {
    /// What submitting and what it starts make there, and `down` removes; what else there is stays.
    private static let names = [
        "status.json", "jobs.json", "master.json", "state", "head", "workers", "jobs", logs, DirectoryLock.fileName,
    ]
    private static let logs = "logs"

    let place: SessionPlace
    private let lock: DirectoryLock?

    /// Makes the directory where it is not there, mode 0700, and locks it.
    ///
    /// - Throws: ``CommandError`` with ``ExitStatus/temporary`` while another has it.
    init(_ place: SessionPlace) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: place.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError(.cannotCreate, "can't make \(place.directory): \(error.localizedDescription)")
        }
        _ = try PrivateDirectory(path: place.directory)
        self.place = place
        self.lock = try DirectoryLock(
            directory: place.directory, name: "session directory", user: "`alien-pod up`, `down` or `submit`")
    }

    /// For one that only looks: nothing is made, and others may be at work on it.
    init(watching place: SessionPlace) {
        self.place = place
        self.lock = nil
    }

    func logPath(of job: String) -> String { "\(self.place.directory)/\(Self.logs)/\(job).log" }

    /// The logs of a job and, after ``collectLogs()``, those of its daemons.
    func logs(of job: String) -> [String] {
        let directory = "\(self.place.directory)/\(Self.logs)"
        let daemons = Self.items(of: directory).filter { $0.hasPrefix("\(job)-daemon") }.sorted()
        return [self.logPath(of: job)] + daemons.map { "\(directory)/\($0)" }
    }

    /// Puts the logs of daemons, which go with their directories, beside those of the jobs: `master-daemon.log`,
    /// `worker-1-daemon-LEASE.log`.
    func collectLogs() {
        rename("\(self.place.directory)/head/head.log", self.logPath(of: "master-daemon"))
        let workers = "\(self.place.directory)/workers"
        for worker in Self.items(of: workers) {
            for log in Self.items(of: "\(workers)/\(worker)/logs") where log.hasSuffix(".log") {
                rename(
                    "\(workers)/\(worker)/logs/\(log)", self.logPath(of: "worker-\(worker)-daemon-\(log.dropLast(4))"))
            }
        }
    }

    private static func items(of directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    /// Makes what the jobs of a session need to be there.
    func prepare() throws {
        for name in [Self.logs, "workers"] {
            try FileManager.default.createDirectory(
                atPath: "\(self.place.directory)/\(name)", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
    }

    /// Removes what a session that has ended left behind.
    ///
    /// - Throws: ``CommandError`` with ``ExitStatus/temporary`` while it runs, or waits for its start.
    func makeRoom() async throws {
        var isUp = self.place.isRunning
        if FileManager.default.fileExists(atPath: SessionJobs.path(in: self.place)) {
            for job in try SessionJobs(of: self.place).jobs where !isUp {
                isUp = try await !Backends.named(job.backend).state(of: job).hasEnded
            }
        }
        guard !isUp else {
            throw CommandError(
                .temporary, "session \(self.place.name) is up already; `alien-pod down \(self.place.name)` ends it")
        }
        self.clear()
    }

    /// Removes what the session had; its directory stays locked.
    func clear() {
        self.remove { $0 != DirectoryLock.fileName }
    }

    /// Removes what the session had, but for the logs.
    func clearKeepingLogs() {
        self.collectLogs()
        self.remove { ![Self.logs, DirectoryLock.fileName].contains($0) }
    }

    /// Removes what the session had, and the directory where it had no more in it.
    func removeAll() {
        self.remove { _ in true }
        rmdir(self.place.directory)
    }

    private func remove(_ isToGo: (String) -> Bool) {
        let names = Self.names.filter(isToGo)
        for item in Self.items(of: self.place.directory)
        // A file that was being written when its writer was killed has its name between dots.
        where names.contains(item) || names.contains(where: { item.hasPrefix(".\($0).") }) {
            try? FileManager.default.removeItem(atPath: "\(self.place.directory)/\(item)")
        }
    }
}
