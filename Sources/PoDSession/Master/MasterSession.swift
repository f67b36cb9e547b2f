import Logging
import NIOCore
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDTickets

/// Drives the master's machine: one at a time, with the clock of this machine, and performs what it says.
actor MasterSession {
    var machine: MasterMachine
    let journal: LeaseJournal?
    /// What a master that is started again goes on with; `nil` for one that keeps nothing.
    let state: StateDirectory?
    var limits: SessionLimits
    /// In seconds since 1970.
    let startedAt = MonotonicClock.millisecondsSince1970 / 1000
    /// The last things that went wrong with workers.
    private(set) var problems: [SessionView.Problem] = []
    private static let mostProblems = 50
    var nextRequest: UInt64 = 0
    /// Who waits for a worker's answer.
    struct Question {
        let lease: LeaseID
        let answers: AsyncStream<[String]>.Continuation
    }
    var questions: [UInt64: Question] = [:]
    private let head: SessionHead
    private let statusFile: MasterStatusFile
    let log: Logger
    /// Where ports for workers that can't be reached are opened.
    let place: LeasePort.Place
    /// Those that are open.
    var ports: [LeaseID: LeasePort] = [:]
    /// Of the session's ticket, and of keys that are revoked.
    private var ticketFile: RenewedFile?
    private var revokedFile: RenewedFile?
    private let newcomers: Newcomers
    private var connections: [MasterMachine.ConnectionID: WorkerConnection] = [:]
    private var written: (status: MasterStatus, at: Instant)?
    private var workersChanged = false
    /// What of the master's own can't be done now; `nil` when all is well.
    private var trouble: String?
    /// Who is to be retired next, and why: each retirement may start a program of the recipe's.
    private var retiring: [(lease: LeaseID, reason: String)] = []
    private var isRetiring = false

    init(
        _ machine: MasterMachine, head: SessionHead, limits: SessionLimits, state: StateDirectory?,
        journal: LeaseJournal?, place: LeasePort.Place, newcomers: Newcomers, trust: Trust, statusFile path: String,
        log: Logger
    ) throws {
        self.machine = machine
        self.limits = limits
        self.state = state
        self.journal = journal
        self.head = head
        self.place = place
        self.newcomers = newcomers
        self.statusFile = try MasterStatusFile(path: path)
        self.log = log
        self.machine.ticket = trust.ticket
        self.ticketFile = trust.ticketFile.map { RenewedFile($0) }
        self.revokedFile = trust.revokedFile.map { RenewedFile($0) }
        // It is to be there, and right, from the start.
        _ = self.revokedFile?.hasChanged()
        if let path = self.revokedFile?.path {
            self.machine.admission.revoked = try KeyListFile.revokedKeys(path)
        }
    }

    /// What the master shows, and whom it does not take, as it is now and where it is to be read again.
    struct Trust {
        var ticket: SessionTicket?
        var ticketFile: String?
        var revokedFile: String?
    }

    var status: MasterStatus { self.machine.status }
    var isEmpty: Bool { self.machine.isEmpty }

    /// Takes what came on the workers' connections.
    func take(_ event: WorkerConnections.Event) {
        switch event {
        case .opened(let connection, let key):
            self.connections.updateValue(connection, forKey: connection.id)
            self.perform(self.machine.opened(connection.id, by: key, from: connection.source, at: MonotonicClock.now))
        case .said(let lines, let id):
            self.setDate()
            for line in lines {
                self.receive(line, from: id)
            }
            self.connections[id]?.readOn()
        case .closed(let id):
            self.connections.removeValue(forKey: id)
            self.perform(self.machine.closed(id, at: MonotonicClock.now))
        }
    }

    private func receive(_ line: ByteBuffer, from id: MasterMachine.ConnectionID) {
        do throws(ValueError) {
            let message = try ControlCodec.decode(line)
            self.perform(self.machine.received(message, from: id, at: MonotonicClock.now))
            if case .claim = message, let lease = self.machine.lease(of: id) {
                self.connections[id]?.has(lease)
            }
        } catch {
            self.perform(self.machine.received(unreadable: error.description, from: id))
        }
    }

    /// Lets go of all workers.
    func closeConnections() {
        self.connections.values.forEach { $0.close() }
        self.connections = [:]
    }

    /// Lets time pass, and keeps the files of others fresh. What can't be written now, such as on a full disk, is tried
    /// again: a session does not end for it.
    ///
    /// - Returns: Why the session is over; `nil` while it is not.
    /// - Throws: When the first status file can't be written.
    @discardableResult
    func tick() throws -> String? {
        let now = MonotonicClock.now
        self.limits.sample(self.machine.loads, at: now)
        self.setDate()
        self.renewTrust(at: now)
        self.perform(self.machine.tick(at: now))
        do {
            try self.tellOthers(at: now)
            self.trouble = nil
        } catch {
            guard self.written != nil else { throw error }
            self.report("\(error)")
        }
        return self.limits.end(at: now)
    }

    private func setDate() {
        self.machine.date = NumericDate(secondsSince1970: MonotonicClock.millisecondsSince1970 / 1000)
    }

    /// Takes what was put into place of the session's ticket, and of the list of keys that are revoked. What can't be
    /// read leaves all as it was.
    private func renewTrust(at now: Instant) {
        do throws(SessionError) {
            if let path = self.ticketFile?.path, self.ticketFile?.hasChanged() == true {
                let before = self.machine.ticket
                self.machine.ticket = try before?.renewed(try RenewedFile.ticket(path))
                if self.machine.ticket?.chain != before?.chain {
                    self.log.info("the session's ticket was renewed")
                }
            }
        } catch {
            self.add(problem: "the session's ticket is not renewed: \(error)")
        }
        do throws(RendezvousError) {
            if let path = self.revokedFile?.path, self.revokedFile?.hasChanged() == true {
                self.perform(self.machine.revoke(try KeyListFile.revokedKeys(path), at: now))
            }
        } catch {
            self.add(problem: "the keys that are revoked are not known: \(error)")
        }
    }

    private func tellOthers(at now: Instant) throws {
        let status = self.machine.status
        let isFresh =
            self.written.map {
                $0.status == status && now.duration(since: $0.at) < MasterStatusFile.refreshPeriod / 2
            } ?? false
        if !isFresh {
            try self.statusFile.write(status)
            self.written = (status, now)
        }
        if self.workersChanged {
            try self.head.tell { self.machine.registered }
            self.workersChanged = false
        }
    }

    /// Tells the user of a trouble of the master's own, once until it is over.
    private func report(_ trouble: String) {
        guard trouble != self.trouble else { return }
        self.trouble = trouble
        self.log.error("\(trouble)")
        self.add(problem: trouble)
    }

    var wantsReadBack: Bool { self.machine.wantsReadBack }

    /// The repository shows this advertisement of ours; `nil` when it shows none.
    func readBack(_ order: AdvertisementOrder?) {
        self.machine.readBack(order, at: MonotonicClock.now)
    }

    func stop(reason: String) {
        self.perform(self.machine.stop(reason: reason, at: MonotonicClock.now))
    }

    /// The session has ended as it should: nobody is to find it, or what is left of it.
    func finish() {
        self.statusFile.remove()
        // One that is cancelled has told nobody.
        guard self.state?.isStillOurs == true, !Task.isCancelled else { return }
        do throws(SessionError) {
            try self.journal?.clear()
        } catch {
            self.log.warning("the journal keeps leases of a session that has ended: \(error)")
        }
    }

    func perform(_ outputs: [MasterMachine.Output]) {
        for output in outputs {
            switch output {
            case .send(let message, let id): self.connections[id]?.send(message)
            case .close(let id): self.connections.removeValue(forKey: id)?.close()
            case .granted(let granted):
                // Who was refused has nothing to be told.
                guard self.keep(granted) else { return }
            case .leaseOver(let lease): self.forget(lease)
            case .failed(let lease, let host, let reason, let log):
                self.add(problem: reason, of: lease, host: host, log: log)
            case .log(let lease, let request, let lines):
                guard let question = self.questions[request], question.lease == lease else { break }
                question.answers.yield(lines)
            case .tellTerms(let lease, let claim, let route, let id):
                self.tellTerms(of: lease, for: claim, by: route, to: id)
            case .probe(let probe, let id, let limit): self.look(for: id, by: probe, within: limit)
            case .openPort(let lease, let worker, let kept): self.openPort(for: lease, of: worker, kept: kept)
            case .dialFailed(let secret, let worker): self.place.streams.dialFailed(secret, by: worker)
            case .retire(let leases, let reason): self.retire(leases, reason: reason)
            case .workersChanged: self.workersChanged = true
            case .note(let text): self.log.info("\(text)")
            case .trouble(let text):
                self.log.error("\(text)")
                self.add(problem: text)
            }
        }
    }

    /// Puts a grant into the journal. One that can't be kept is not given: after a restart it could be given twice.
    private func keep(_ granted: SlotLedger.Granted) -> Bool {
        do throws(SessionError) {
            try self.keep(.grant(granted))
            return true
        } catch {
            self.log.error("no lease can be given: \(error)")
            self.perform(
                self.machine.refuse(
                    granted.id, .tryLater, reason: "the master can't keep its journal", detail: error.description,
                    at: MonotonicClock.now))
            return false
        }
    }

    /// Puts an entry into the journal, before anybody is told.
    func keep(_ entry: LeaseJournal.Entry) throws(SessionError) {
        guard let state, let journal else { return }
        guard state.isStillOurs else {
            throw SessionError(.temporary, "the state directory is another master's now")
        }
        try journal.append([entry])
    }

    private func forget(_ lease: LeaseID) {
        self.closePort(of: lease)
        self.newcomers.leaseEnded(lease)
        do throws(SessionError) {
            try self.journal?.append([.end(lease)])
        } catch {
            self.log.warning("the end of lease \(lease) is not in the journal: \(error)")
        }
    }

    private func add(problem: String, of lease: LeaseID? = nil, host: String = "", log: [String] = []) {
        self.problems.append(
            SessionView.Problem(
                lease: lease, host: host, at: MonotonicClock.millisecondsSince1970 / 1000, reason: problem,
                log: log))
        self.problems.removeFirst(max(0, self.problems.count - Self.mostProblems))
    }

    private func tellTerms(
        of lease: LeaseID, for claim: Claim, by route: WorkerRoutes.Route, to id: MasterMachine.ConnectionID
    ) {
        do throws(RecipeError) {
            let terms = try self.head.terms(of: lease, for: claim, by: route)
            self.connections[id]?.send(.lease(lease, terms))
        } catch {
            self.perform(
                self.machine.refuse(lease, .forbidden, reason: error.description, at: MonotonicClock.now))
        }
    }

    /// How long the head daemon has to take over what workers hold.
    private static let retirement: Duration = .seconds(20)

    /// What the workers hold is moved to others first; then they are told to leave. Those that come while others are
    /// retired are next, together.
    private func retire(_ leases: [LeaseID], reason: String) {
        self.retiring += leases.map { ($0, reason) }
        guard !self.isRetiring else { return }
        self.isRetiring = true
        Task {
            while !self.retiring.isEmpty {
                let batch = self.retiring
                self.retiring = []
                await self.handOver(batch.map(\.lease))
                for (lease, reason) in batch {
                    self.perform(self.machine.leave([lease], reason: reason))
                }
            }
            self.isRetiring = false
        }
    }

    private func handOver(_ leases: [LeaseID]) async {
        let head = self.head
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await head.recipe.retire(leases, at: head.site) }
                group.addTask {
                    try await Task.sleep(for: Self.retirement)
                    throw RecipeError(.temporary, "no answer within \(Self.retirement.components.seconds) s")
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            self.log.warning("the head daemon did not retire its workers: \(error)")
        }
    }
}
