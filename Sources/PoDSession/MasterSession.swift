import Logging
import PoDCore
import PoDRendezvous

/// Drives the master's machine: one at a time, with the clock of this machine, and performs what it says.
actor MasterSession {
    typealias Outgoing = AsyncStream<ControlMessage>

    private var machine: MasterMachine
    private let statusFile: MasterStatusFile
    private let log: Logger
    private var outgoing: [MasterMachine.ConnectionID: Outgoing.Continuation] = [:]
    private var nextConnection: MasterMachine.ConnectionID = 0
    private var written: (status: MasterStatus, at: Instant)?

    init(_ machine: MasterMachine, statusFile path: String, log: Logger) throws {
        self.machine = machine
        self.statusFile = try MasterStatusFile(path: path)
        self.log = log
    }

    var status: MasterStatus { self.machine.status }
    var isEmpty: Bool { self.machine.isEmpty }

    /// A new connection: its name, and what is to be sent on it until it is to be closed.
    func open() -> (MasterMachine.ConnectionID, Outgoing) {
        let id = self.nextConnection
        self.nextConnection += 1
        let (stream, continuation) = Outgoing.makeStream(bufferingPolicy: .bufferingOldest(64))
        self.outgoing[id] = continuation
        self.perform(self.machine.opened(id, at: MonotonicClock.now))
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

    func removeStatusFile() {
        self.statusFile.remove()
    }

    private func perform(_ outputs: [MasterMachine.Output]) {
        for output in outputs {
            switch output {
            case .send(let message, let id): self.outgoing[id]?.yield(message)
            case .close(let id): self.outgoing.removeValue(forKey: id)?.finish()
            case .note(let text): self.log.info("\(text)")
            }
        }
    }
}
