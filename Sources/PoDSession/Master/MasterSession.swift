import Logging
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDTickets

/// Drives the master's machine: one at a time, with the clock of this machine, and performs what it says.
actor MasterSession {
    typealias Outgoing = AsyncStream<ControlMessage>

    private var machine: MasterMachine
    private let head: SessionHead
    private let statusFile: MasterStatusFile
    private let log: Logger
    private var outgoing: [MasterMachine.ConnectionID: Outgoing.Continuation] = [:]
    private var nextConnection: MasterMachine.ConnectionID = 0
    private var written: (status: MasterStatus, at: Instant)?
    private var workersChanged = false

    init(_ machine: MasterMachine, head: SessionHead, statusFile path: String, log: Logger) throws {
        self.machine = machine
        self.head = head
        self.statusFile = try MasterStatusFile(path: path)
        self.log = log
    }

    var status: MasterStatus { self.machine.status }
    var isEmpty: Bool { self.machine.isEmpty }

    /// A new connection: its name, and what is to be sent on it until it is to be closed.
    ///
    /// - Parameter key: What the other end has shown to be its own.
    func open(by key: KeyThumbprint) -> (MasterMachine.ConnectionID, Outgoing) {
        let id = self.nextConnection
        self.nextConnection += 1
        let (stream, continuation) = Outgoing.makeStream(bufferingPolicy: .bufferingOldest(64))
        self.outgoing[id] = continuation
        self.perform(self.machine.opened(id, by: key, at: MonotonicClock.now))
        return (id, stream)
    }

    func receive(_ message: ControlMessage, from id: MasterMachine.ConnectionID) {
        self.perform(self.machine.received(message, from: id, at: MonotonicClock.now))
    }

    /// Something came that is no message.
    func receive(unreadable problem: String, from id: MasterMachine.ConnectionID) {
        self.perform([.send(.error(reason: problem), to: id)])
    }

    func close(_ id: MasterMachine.ConnectionID) {
        self.outgoing.removeValue(forKey: id)?.finish()
        self.perform(self.machine.closed(id, at: MonotonicClock.now))
    }

    /// Lets time pass, and keeps the status file fresh.
    func tick() throws {
        let now = MonotonicClock.now
        self.perform(self.machine.tick(at: now))
        if self.workersChanged {
            self.workersChanged = false
            try self.head.tell(self.machine.registrations.map(\.registration))
        }
        let status = self.machine.status
        if let written, written.status == status,
            now.duration(since: written.at) < MasterStatusFile.refreshPeriod / 2
        {
            return
        }
        try self.statusFile.write(status)
        self.written = (status, now)
    }

    var wantsReadBack: Bool { self.machine.wantsReadBack }

    /// The repository shows this advertisement of ours; `nil` when it shows none.
    func readBack(_ order: AdvertisementOrder?) {
        self.machine.readBack(order, at: MonotonicClock.now)
    }

    func stop(reason: String) {
        self.perform(self.machine.stop(reason: reason, at: MonotonicClock.now))
    }

    /// So many workers are wanted from now on.
    func want(_ workers: Int) {
        self.perform(self.machine.want(workers, at: MonotonicClock.now))
    }

    func removeStatusFile() {
        self.statusFile.remove()
    }

    private func perform(_ outputs: [MasterMachine.Output]) {
        for output in outputs {
            switch output {
            case .send(let message, let id): self.outgoing[id]?.yield(message)
            case .close(let id): self.outgoing.removeValue(forKey: id)?.finish()
            case .tellTerms(let lease, let claim, let id): self.tellTerms(of: lease, for: claim, to: id)
            case .retire(let leases, let reason): self.retire(leases, reason: reason)
            case .workersChanged: self.workersChanged = true
            case .note(let text): self.log.info("\(text)")
            }
        }
    }

    private func tellTerms(of lease: LeaseID, for claim: Claim, to id: MasterMachine.ConnectionID) {
        do throws(RecipeError) {
            let terms = try self.head.terms(of: lease, for: claim)
            self.outgoing[id]?.yield(.lease(lease, terms))
        } catch {
            self.perform(
                self.machine.refuse(lease, .forbidden, reason: error.description, at: MonotonicClock.now))
        }
    }

    /// How long the head daemon has to take over what workers hold.
    private static let retirement: Duration = .seconds(20)

    /// What the workers hold is moved to others first; then they are told to leave.
    private func retire(_ leases: [LeaseID], reason: String) {
        let head = self.head
        let log = self.log
        Task {
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
                log.warning("the head daemon did not retire its workers: \(error)")
            }
            self.leave(leases, reason: reason)
        }
    }

    private func leave(_ leases: [LeaseID], reason: String) {
        self.perform(self.machine.leave(leases, reason: reason))
    }
}
