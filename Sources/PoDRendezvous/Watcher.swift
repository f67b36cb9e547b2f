import Glibc
import MonALISARepository
public import PoDCore
import PoDTickets

/// Looks for masters that want workers, step by step: what the JobAgent's subroutine and the command line watch with.
public final class Watcher {
    public enum Step: Sendable {
        case wait(StepWait)
        /// A master was chosen, and its files are written if a directory is set.
        case found(ServerInfo)
        /// The look found none, or the run time is over.
        case end
    }

    public private(set) var settings = WatcherSettings()
    public private(set) var reports = Reports()
    /// What the last look showed; `nil` when it failed.
    public private(set) var listing: MasterListing?
    /// The master last found.
    public private(set) var found: ServerInfo?
    /// How old its advertisement was then, in seconds.
    public private(set) var foundAge: Int64 = 0

    private enum Mode {
        case idle
        case once
        case run
    }

    private var mode = Mode.idle
    private var schedule: WatchSchedule?
    private var selection: MasterSelection
    private let fetch = HTTPFetch()
    private var isFetching = false
    /// Whether ``listing`` is still being read.
    private var isReading = false
    private var verifier: TicketVerifier?
    private var random: UInt64 = 0
    /// What stood for the ticket of the master last found.
    private var foundTicket: UInt64?
    private var repositoryIndex = 0
    private var failedRepositories = 0
    private var lastProblem: String?
    private var pid = getpid()

    public init() {
        self.selection = MasterSelection(watcherID: UInt64.random(in: 0...UInt64.max))
    }

    public func set(_ name: String, _ value: String) throws(RendezvousError) {
        try self.settings.set(name, value)
        if name == "master_job_id" {
            self.renewSelection()
        }
    }

    public func nextReport() -> String? {
        self.reports.next()
    }

    /// Begins one look, or a run of *x* seconds with a look every *y*.
    public func begin(once: Bool, at now: Instant = MonotonicClock.now) throws(RendezvousError) {
        guard !self.settings.repositories.isEmpty else {
            throw RendezvousError(.usage, "repository: not set")
        }
        self.noticeFork()
        try self.prepareVerifier()
        self.isFetching = false
        self.isReading = false
        self.mode = once ? .once : .run
        self.schedule = WatchSchedule(
            checkPeriod: .seconds(self.settings.checkPeriod), runTime: .seconds(self.settings.runTime),
            startedAt: now, random: UInt64.random(in: 0...UInt64.max))
        if once {
            try self.startFetch()
        }
    }

    /// Goes on as far as it can without waiting.
    ///
    /// - Throws: ``RendezvousError`` when a single look failed, or when the files of a master can't be written.
    public func step(at now: Instant = MonotonicClock.now) throws(RendezvousError) -> Step {
        self.noticeFork()
        if self.isFetching {
            return try self.stepFetch(at: now)
        }
        if self.isReading {
            return try self.stepReading(at: now)
        }
        guard self.mode == .run, let next = self.schedule?.step(at: now) else {
            guard self.mode != .idle else {
                throw RendezvousError(.usage, "nothing was begun")
            }
            return .end
        }
        switch next {
        case .end:
            self.mode = .once
            return .end
        case .wait(let deadline):
            return .wait(StepWait(until: deadline, now: now))
        case .check:
            do throws(RendezvousError) {
                try self.startFetch()
            } catch {
                self.checkFailed(error.description)
            }
            return .wait(StepWait(until: now, now: now))
        }
    }

    /// The worker for the master last found has ended.
    public func workerEnded(exitCode: Int32, at now: Instant = MonotonicClock.now) throws(RendezvousError) {
        guard let found else {
            throw RendezvousError(.usage, "no master was found yet")
        }
        if let reason = RefusalReason(workerExitCode: exitCode) {
            self.selection.refused(
                by: found.masterJobID, ticket: self.foundTicket, because: reason, at: now,
                random: UInt64.random(in: 0...UInt64.max))
        } else {
            self.selection.accepted(by: found.masterJobID, ticket: self.foundTicket)
        }
    }

    // MARK: - One look

    private func startFetch() throws(RendezvousError) {
        let repositories = self.settings.repositories
        guard self.repositoryIndex < repositories.count else {
            self.repositoryIndex = 0
            throw RendezvousError(.software, "no repository to ask")
        }
        do throws(RepositoryError) {
            let url = RepositoryQuery.masters.url(at: repositories[self.repositoryIndex])
            try self.fetch.start(url, accept: "application/json")
        } catch {
            throw RendezvousError(error.status, error.description)
        }
        self.isFetching = true
    }

    private func stepFetch(at now: Instant) throws(RendezvousError) -> Step {
        let result: Result<HTTPAnswer, RepositoryError>
        switch self.fetch.step() {
        case .wait(let wait): return .wait(StepWait(wait))
        case .finished(let finished): result = finished
        }
        self.isFetching = false
        // Ten thousand masters are megabytes: not the old ones and the new ones at once.
        self.listing = nil
        self.fetch.dropBody()
        let answer: RepositoryAnswer
        do throws(RepositoryError) {
            answer = try RepositoryAnswer(try result.get())
        } catch {
            return try self.fetchFailed(error, at: now)
        }
        self.failedRepositories = 0
        self.lastProblem = nil
        self.schedule?.checkSucceeded()
        self.listing = MasterListing(
            answer,
            policy: MasterListing.Policy(
                allowsUnsigned: self.settings.allowsUnsigned, wallClock: MonotonicClock.millisecondsSince1970))
        self.isReading = true
        self.random = UInt64.random(in: 0...UInt64.max)
        return .wait(StepWait(until: now, now: now))
    }

    private func fetchFailed(_ error: RepositoryError, at now: Instant) throws(RendezvousError) -> Step {
        self.failedRepositories &+= 1
        self.repositoryIndex = (self.repositoryIndex &+ 1) % max(1, self.settings.repositories.count)
        if self.failedRepositories < self.settings.repositories.count {
            self.reports.add(error.description)
            try self.startFetch()
            return .wait(StepWait(until: now, now: now))
        }
        self.failedRepositories = 0
        if self.mode == .once {
            throw RendezvousError(error.status, error.description)
        }
        self.checkFailed(error.description)
        return .wait(StepWait(until: now, now: now))
    }

    private func checkFailed(_ problem: String) {
        self.schedule?.checkFailed(random: UInt64.random(in: 0...UInt64.max))
        // A repository that is away for an hour is one line, not one each check.
        if problem != self.lastProblem {
            self.reports.add(problem)
            self.lastProblem = problem
        }
    }

    private func stepReading(at now: Instant) throws(RendezvousError) -> Step {
        guard var verifier = self.verifier else {
            throw RendezvousError(.software, "no keys to look for")
        }
        // What it remembers is not to be copied.
        self.verifier = nil
        let isDone =
            self.listing?.step(&verifier, selection: self.selection, at: now, random: self.random) ?? true
        self.verifier = verifier
        guard isDone, let listing else {
            return .wait(StepWait(until: now, now: now))
        }
        self.isReading = false
        return try self.take(listing, at: now)
    }

    private func take(_ listing: MasterListing, at now: Instant) throws(RendezvousError) -> Step {
        for row in listing.skipped.prefix(5) {
            self.reports.add("row \(row.number) skipped: \(row.reason)")
        }
        if listing.unsignedCount > 0 {
            self.reports.add(
                "masters that are not believed, for their advertisements are not signed: \(listing.unsignedCount)")
        }
        guard let chosen = listing.chosen else {
            return self.mode == .once ? .end : .wait(StepWait(until: now, now: now))
        }
        if let doubt = listing.doubt {
            self.reports.add(
                "warning: master \(chosen.masterJobID) at \(chosen.address) is believed, though anyone may have sent "
                    + "that: \(doubt)")
        }
        if let path = self.settings.directory {
            let directory = try PrivateDirectory(path: path)
            try chosen.write(to: directory, user: (self.settings.user ?? LoginName.current).text)
        }
        self.found = chosen
        self.foundAge = listing.age(of: chosen)
        self.foundTicket = listing.chosenTicket
        return .found(chosen)
    }

    /// Takes the keys as they are set now; what was found out with the same keys is not forgotten.
    private func prepareVerifier() throws(RendezvousError) {
        let trusted: TrustedKeys
        if let path = self.settings.trustedKeysFile {
            trusted = try KeyListFile.trustedKeys(path)
        } else {
            do throws(TicketError) {
                trusted = try TrustedKeys(self.settings.trustedKeys)
            } catch {
                throw RendezvousError(error)
            }
        }
        let revoked = RevokedKeys(self.settings.revoked)
        if self.verifier == nil {
            self.verifier = TicketVerifier(trustedKeys: trusted, revoked: revoked)
        }
        self.verifier?.trustedKeys = trusted
        self.verifier?.revoked = revoked
    }

    // MARK: - fork

    /// A child draws its own lots, and does not read its parent's answer.
    private func noticeFork() {
        let current = getpid()
        guard current != self.pid else { return }
        self.pid = current
        self.renewSelection()
        if self.isFetching || self.isReading {
            self.isFetching = false
            self.isReading = false
            self.mode = self.mode == .once ? .idle : self.mode
        }
    }

    private func renewSelection() {
        self.selection = MasterSelection(
            watcherID: UInt64.random(in: 0...UInt64.max), onlyMaster: self.settings.masterJobID)
    }
}
