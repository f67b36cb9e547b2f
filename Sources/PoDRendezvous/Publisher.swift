package import ApMon
import MonALISARepository
public import PoDCore

/// Sends advertisements, step by step: what the embedded library, the Perl script and the command line publish with.
public final class Publisher {
    public enum Preparation: Sendable {
        case wait(StepWait)
        case ready
    }

    public enum Step: Sendable {
        case wait(StepWait)
        /// The master is gone, or has ended.
        case end(reason: String)
    }

    /// How often a status file is looked at.
    static let statusPeriod: Duration = .seconds(1)

    public var settings = PublisherSettings() {
        didSet {
            self.prepared = nil
            if self.settings.statusFile != oldValue.statusFile {
                self.nextDue = nil
            }
        }
    }
    public private(set) var reports = Reports()
    /// Datagrams sent by this process.
    public var datagrams: UInt64 { ForkCount.current == self.forks ? self.sentDatagrams : 0 }

    /// Those behind the settings, once ``prepare(at:)`` says ready.
    package var destinations: [ApMonDestination] { self.sender?.destinations ?? [] }

    private var sender: ApMonSender?
    private var configurations: DestinationReader?
    /// The message of this second, for its `Timestamp` changes with it.
    private var prepared: (second: Int64, message: ApMonMessage)?
    /// When to send next, or to look at the status file.
    private var nextDue: Instant?
    private var sentOrder: AdvertisementOrder?
    private var sentDatagrams: UInt64 = 0
    private var forks = ForkCount.current

    public init() {}

    public func nextReport() -> String? {
        self.reports.next()
    }

    /// Brings the destinations into being: reads and fetches configurations, resolves names.
    ///
    /// - Throws: ``RendezvousError`` when no destination is left to send to.
    public func prepare(at now: Instant = MonotonicClock.now) throws(RendezvousError) -> Preparation {
        self.noticeFork()
        guard self.sender == nil else {
            return .ready
        }
        guard !self.settings.locations.isEmpty else {
            throw RendezvousError(.usage, "no destination: expected host[:port], an ApMon configuration file or URL")
        }
        let reader = self.configurations ?? DestinationReader(self.settings.locations)
        self.configurations = reader
        switch try reader.step() {
        case .wait(let wait):
            return .wait(wait)
        case .finished(let found):
            self.configurations = nil
            for warning in found.warnings {
                self.reports.add(warning)
            }
            let rate = self.settings.rate ?? found.maximumRate ?? ApMonSender.defaultRate
            let sender = ApMonSender(destinations: found.destinations, rate: rate == 0 ? nil : rate)
            let failures = sender.resolve(at: now.sinceStart)
            guard failures.count < sender.destinations.count else {
                throw RendezvousError(.unavailable, failures.joined(separator: "; "))
            }
            for failure in failures {
                self.reports.add(failure)
            }
            self.sender = sender
            return .ready
        }
    }

    /// Sends one advertisement as set; 0 free slots make it a withdrawal.
    ///
    /// - Returns: How many datagrams were sent; 0 when the rate limit held it back.
    public func publish(at now: Instant = MonotonicClock.now) throws(RendezvousError) -> Int {
        let second = MonotonicClock.millisecondsSince1970 / 1000
        if let prepared, prepared.second == second {
            return try self.send(prepared.message, at: now)
        }
        let message = try self.settings.message(secondsSince1970: second)
        self.prepared = (second, message)
        return try self.send(message, at: now)
    }

    /// Does what is due.
    public func step(at now: Instant = MonotonicClock.now) throws(RendezvousError) -> Step {
        if let path = self.settings.statusFile {
            return try self.followStatusFile(path, at: now)
        }
        if let due = self.nextDue, now < due {
            return .wait(StepWait(until: due, now: now))
        }
        let due = now.advanced(by: .seconds(self.settings.period))
        self.nextDue = due
        do {
            _ = try self.publish(at: now)
        } catch let error where error.status != .usage {
            // A destination that is away now may be back at the next period.
            self.reports.add(error.description)
        }
        return .wait(StepWait(until: due, now: now))
    }

    private func followStatusFile(_ path: String, at now: Instant) throws(RendezvousError) -> Step {
        // A caller comes back more often, for its signal handlers.
        if let due = self.nextDue, now < due {
            return .wait(StepWait(until: due, now: now))
        }
        let due = now.advanced(by: Self.statusPeriod)
        self.nextDue = due
        switch try MasterStatusFile.read(path) {
        case .masterGone(let reason):
            return .end(reason: reason)
        case .status(let status):
            if status.phase == .ended {
                return .end(reason: "master \(status.masterJobID) has ended")
            }
            let isNew = self.sentOrder.map { $0 < status.order } ?? true
            guard isNew, !status.parameters.isEmpty else { break }
            self.sentOrder = status.order
            let message = try Self.message(status.masterJobID, status.parameters)
            do {
                _ = try self.send(message, at: now)
            } catch {
                self.reports.add(error.description)
            }
        }
        return .wait(StepWait(until: due, now: now))
    }

    private func send(_ message: ApMonMessage, at now: Instant) throws(RendezvousError) -> Int {
        self.noticeFork()
        guard let sender else {
            throw RendezvousError(.usage, "the destinations are not prepared")
        }
        let outcome = sender.send(message, at: now.sinceStart)
        self.sentDatagrams &+= UInt64(clamping: outcome.datagrams)
        if outcome.datagrams == 0, outcome.heldBack == 0 {
            throw RendezvousError(.unavailable, outcome.failures.joined(separator: "; "))
        }
        for failure in outcome.failures {
            self.reports.add(failure)
        }
        return outcome.datagrams
    }

    /// A child counts anew, and sends the next advertisement on its own account.
    private func noticeFork() {
        let current = ForkCount.current
        if current != self.forks {
            self.forks = current
            self.sentDatagrams = 0
            self.configurations = nil
        }
    }

    static func message(
        _ master: MasterJobID, _ parameters: [Advertisement.Parameter]
    ) throws(RendezvousError) -> ApMonMessage {
        do {
            return try ApMonMessage(
                cluster: Advertisement.cluster, node: master.description,
                parameters: parameters.map { DatagramParameter($0) },
                largestDatagram: Advertisement.largestDatagram)
        } catch {
            throw RendezvousError(.usage, error.description)
        }
    }
}

extension DatagramParameter {
    init(_ parameter: Advertisement.Parameter) {
        let value: Value =
            switch parameter.value {
            case .string(let text): .string(DatagramText(text))
            case .int32(let number): .int32(number)
            case .real64(let number): .real64(number)
            }
        self.init(name: DatagramText(parameter.name), value: value)
    }
}
