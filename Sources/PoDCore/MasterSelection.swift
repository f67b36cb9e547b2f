/// Which master a watcher joins, of all that the repository showed it.
///
/// 1. Of several rows of one master, over all farms, the latest counts.
/// 2. A master that has withdrawn, or that refused this watcher a short while ago, is left out.
/// 3. The watcher takes part with the probability `Share`. It is drawn **once an advertisement**: the draw is a hash
///    of the watcher's own id and the advertisement's identity, so that seeing a stale row again is no second draw.
/// 4. One of the remaining masters is chosen at random, weighted by the slots it wants; or just the one asked for.
///
/// Where advertisements are signed, a ``Search`` says which signatures are worth looking at.
public struct MasterSelection: Sendable {
    /// A master as far as the choice needs it.
    public struct Candidate: Hashable, Sendable {
        public let masterJobID: MasterJobID
        public let order: AdvertisementOrder
        /// Free slots; 0 when the advertisement is withdrawn.
        public let wanted: Int
        public let share: Double
        /// Stands for the ticket that it says it was signed under; `nil` for one that is taken unsigned.
        public let ticket: UInt64?

        public init(
            masterJobID: MasterJobID, order: AdvertisementOrder, wanted: Int, share: Double, ticket: UInt64? = nil
        ) {
            self.masterJobID = masterJobID
            self.order = order
            self.wanted = wanted
            self.share = share
            self.ticket = ticket
        }

        /// A master by its number and ticket: with a ticket of their own nobody speaks for another's master.
        var identity: Identity { Identity(masterJobID: self.masterJobID, ticket: self.ticket) }
    }

    struct Identity: Hashable, Sendable {
        let masterJobID: MasterJobID
        let ticket: UInt64?
    }

    /// Why a candidate was not chosen from.
    public enum Exclusion: Hashable, Sendable {
        case notAskedFor
        case supersededByNewerRow
        case hasEnoughWorkers
        case refusedUntil(Instant)
        case notDrawn(share: Double)
        /// Its signature is not what it has to be.
        case forged
    }

    public struct Choice: Hashable, Sendable {
        /// The index of the chosen candidate.
        public var chosen: Int?
        /// For each candidate, why it was left out; `nil` for the eligible ones.
        public var exclusions: [Exclusion?] = []
    }

    /// The masters that may be remembered as refusing. The oldest is forgotten first: forgetting costs one connection.
    static let mostRefusals = 1000

    private let watcherID: UInt64
    private let onlyMaster: MasterJobID?
    private var refusals: [Identity: Refusal] = [:]

    private struct Refusal: Hashable, Sendable {
        var count: Int
        var until: Instant
    }

    /// - Parameters:
    ///   - watcherID: Random, and the watcher's own for its life.
    ///   - onlyMaster: The one master to join; `nil` for any. Whoever asks for one by name has been sent there, so no
    ///     `Share` is drawn for it.
    public init(watcherID: UInt64, onlyMaster: MasterJobID? = nil) {
        self.watcherID = watcherID
        self.onlyMaster = onlyMaster
    }

    /// The choice where each candidate is what it says.
    ///
    /// - Parameter random: All its bits are used for the weighted choice.
    public func choose(from candidates: [Candidate], at now: Instant, random: UInt64) -> Choice {
        var search = Search(candidates, for: self, at: now, random: random)
        while search.next() != nil {
            search.believe()
        }
        return search.choice
    }

    /// A worker for this master ended without having got a slot.
    ///
    /// - Parameters:
    ///   - ticket: What stood for its ticket.
    ///   - random: Jitter, so that the refused do not return together.
    public mutating func refused(
        by masterJobID: MasterJobID, ticket: UInt64? = nil, because reason: RefusalReason, at now: Instant,
        random: UInt64
    ) {
        let master = Identity(masterJobID: masterJobID, ticket: ticket)
        let count = min((self.refusals[master]?.count ?? 0) &+ 1, 16)
        let delay = reason.delay(afterRefusals: count)
        let until = now.advanced(by: delay / 2 + (delay / 2).scaled(by: random))
        if self.refusals.count >= Self.mostRefusals, self.refusals[master] == nil,
            let oldest = self.refusals.min(by: { $0.value.until < $1.value.until })
        {
            self.refusals.removeValue(forKey: oldest.key)
        }
        self.refusals.updateValue(Refusal(count: count, until: until), forKey: master)
    }

    /// A worker had a slot of this master: what it refused before is past.
    public mutating func accepted(by master: MasterJobID, ticket: UInt64? = nil) {
        self.refusals.removeValue(forKey: Identity(masterJobID: master, ticket: ticket))
    }

    func exclusion(of candidate: Candidate, at now: Instant) -> Exclusion? {
        if let onlyMaster, candidate.masterJobID != onlyMaster {
            return .notAskedFor
        }
        if candidate.wanted < 1 {
            return .hasEnoughWorkers
        }
        if let refusal = self.refusals[candidate.identity], now < refusal.until {
            return .refusedUntil(refusal.until)
        }
        if self.onlyMaster == nil, !self.takesPart(in: candidate) {
            return .notDrawn(share: candidate.share)
        }
        return nil
    }

    /// Whether this watcher is among the `Share` that an advertisement invites; the same answer however often it looks.
    public func takesPart(in candidate: Candidate) -> Bool {
        var hash = StableHash(seed: self.watcherID)
        hash.combine(UInt64(bitPattern: candidate.masterJobID.number))
        hash.combine(candidate.order.epoch)
        hash.combine(candidate.order.sequence)
        return hash.unitInterval < candidate.share
    }
}

/// Why a master gave no slot, as its worker's exit code tells the watcher.
public enum RefusalReason: Hashable, Sendable {
    /// 69: it has enough workers, or is gone.
    case fullOrGone
    /// 75: try later.
    case tryLater
    /// 77: it does not take this worker.
    case forbidden

    /// - Returns: `nil` for an exit code that is no refusal, such as 0 after a whole session.
    public init?(workerExitCode: Int32) {
        switch workerExitCode {
        case 69: self = .fullOrGone
        case 75: self = .tryLater
        case 77: self = .forbidden
        default: return nil
        }
    }

    /// Before jitter: 30 s, 60 s, 120 s … 480 s when full or gone; 15 s … 240 s to try later; an hour when forbidden.
    func delay(afterRefusals count: Int) -> Duration {
        let doublings = Int64(1) << Int64(min(max(count, 1), 5) &- 1)
        switch self {
        case .fullOrGone: return .seconds(30 &* doublings)
        case .tryLater: return .seconds(15 &* doublings)
        case .forbidden: return .seconds(3600)
        }
    }
}
