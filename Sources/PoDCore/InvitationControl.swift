/// How many watchers a master invites, and when it says so: the `Share` of its advertisements.
///
/// A master does not know how many watchers there are: twenty or a million. It finds out from the claims that come.
/// Each claim is the answer to an advertisement that was published a while ago, for the repository is behind, so the
/// control tells apart two sums of share × time: what has been **seen**, whose claims have come, and what is still **in
/// flight**. Of `k` claims in a seen exposure `E` follows an upper bound of the checks that all watchers make a second,
/// ρ = (k + caution) / E, and the next share is chosen so that the claims in flight and those of the next few seconds
/// fill the free slots and no more:
///
///     share = (free slots − ρ · in flight) / (ρ · fill time)
///
/// Before the first claim this lets the share grow by as much as is safe for that many slots: what is in flight stays
/// below free slots / caution times what was seen to bring nothing. With a thousand slots that is two or three steps
/// from nobody to everybody; with one slot the share about doubles in each time that the repository is behind.
///
/// Rules, and why:
/// - **One way of growing: what was seen.** An advertisement counts as seen only when the repository showed it to the
///   master, or a claim named it: a repository that falls behind stops the growth, instead of letting it run open-loop
///   into thousands of claims.
/// - A share that changes is published at once, but at most every ``Limits/searchInterval``; one that does not, every
///   ``Limits/period``.
/// - When every slot is held: a withdrawal, ``withdrawals`` times because a datagram may be lost, then silence.
/// - What was learnt fades within some times the lag, and most of it in a silence: the watchers of an hour ago may be
///   gone.
///
/// Invariants: 0 < share ≤ 1; two advertisements are at least ``Limits/searchInterval`` apart, unless slots became free
/// in between; nothing but the withdrawals is published while no slot is free; sequences rise by one.
public struct InvitationControl: Sendable {
    public struct Limits: Hashable, Sendable {
        /// Between two advertisements at most: two in a row may be lost within the repository's window of 60 s.
        public var period: Duration = .seconds(20)
        /// Between two advertisements at least, while the share changes.
        public var searchInterval: Duration = .seconds(2)
        /// How far the repository is taken to be behind until it is known.
        public var assumedLag: Duration = .seconds(10)
        /// From a watcher's check to its claim: a process is started and connects.
        public var claimDelay: Duration = .seconds(1)
        /// The checks that all watchers may make a second, before anything is known of them: 4.5 million watchers that
        /// check every 30 s. Less would start a search nearer to its end, and with more watchers than that overshoot.
        public var mostChecksPerSecond = 150_000.0
        /// Whether ``readBack(_:at:)`` will be called; if not, only claims and ``assumedLag`` tell what is visible.
        public var readsBack = true

        public init() {}
    }

    /// What to do now.
    public enum Step: Hashable, Sendable {
        case advertise(AdvertisementOrder, share: Double)
        case withdraw(AdvertisementOrder)
        case wait(until: Instant)
        /// Nothing to send until the number of free slots changes.
        case silence
    }

    /// How often a withdrawal is sent.
    public static let withdrawals = 3
    /// Between two withdrawals.
    public static let withdrawalInterval: Duration = .seconds(2)
    /// The least share that is published, so that an advertisement is never one for nobody.
    static let leastShare = 1e-9
    /// A share that differs less from the published one is not worth a datagram.
    static let worthwhileChange = 1.1

    /// A share, published at a time and valid until the next.
    private struct Published: Sendable {
        let sequence: UInt64
        let share: Double
        let at: Instant
    }

    private enum Phase: Hashable, Sendable {
        case silent
        case advertising
        case withdrawing(left: Int, nextDue: Instant)
    }

    public let epoch: UInt64
    public let limits: Limits
    /// The last advertisement's, or withdrawal's; 0 before the first.
    public private(set) var sequence: UInt64 = 0
    /// The share last published; 0 after a withdrawal.
    public var share: Double { self.published.last?.share ?? 0 }

    private var phase = Phase.silent
    /// What is not yet counted as seen, the oldest first, and the one before it that it took over from.
    private var published: [Published] = []
    /// The part of the published time line that is counted as seen ends here.
    private var seenUntil: Instant?
    /// The newest advertisement known to be visible.
    private var visible: UInt64 = 0
    private var lag: Duration
    private var seenExposure = 0.0
    private var seenClaims = 0.0

    public init(epoch: UInt64, limits: Limits = Limits()) {
        self.epoch = epoch
        self.limits = limits
        self.lag = limits.assumedLag
    }

    /// Whether something was published that the repository was not yet seen to show: then it is worth a request to look,
    /// at most every ``Limits/searchInterval``.
    public var wantsReadBack: Bool { self.phase == .advertising && self.visible < self.sequence }

    /// How far the repository is behind, as far as is known.
    public var estimatedLag: Duration { self.lag }

    // MARK: - Events

    /// Somebody claimed a slot, and got it or not: call it once a claimant.
    ///
    /// - Parameter order: The advertisement it acted on; `nil` when it does not say.
    public mutating func claimed(on order: AdvertisementOrder?, at now: Instant) {
        self.seenClaims += 1
        if let order, order.epoch == self.epoch {
            self.saw(order.sequence, at: now)
        }
    }

    /// The repository shows the master this advertisement of its own; `nil` when it shows none.
    public mutating func readBack(_ order: AdvertisementOrder?, at now: Instant) {
        if let order, order.epoch == self.epoch {
            self.saw(order.sequence, at: now)
        }
    }

    private mutating func saw(_ sequence: UInt64, at now: Instant) {
        guard sequence > self.visible, sequence <= self.sequence else { return }
        self.visible = sequence
        guard let sent = self.published.last(where: { $0.sequence == sequence }) else { return }
        let sample = now.duration(since: sent.at)
        // A repository that falls behind is believed at once, one that catches up by and by.
        self.lag = sample > self.lag ? sample : self.lag + (sample - self.lag) * 0.3
    }

    // MARK: - Time

    /// What to do at `now`, with so many free slots.
    public mutating func step(freeSlots: Int, at now: Instant) -> Step {
        guard freeSlots > 0 else {
            return self.stepWithoutSlots(at: now)
        }
        self.learn(at: now)
        guard self.phase == .advertising, let last = self.published.last else {
            if self.phase == .silent {
                self.fadeToHint()
            }
            self.phase = .advertising
            return self.publish(self.bestShare(freeSlots: freeSlots, at: now), at: now)
        }
        let earliest = last.at.advanced(by: self.limits.searchInterval)
        guard now >= earliest else {
            return .wait(until: earliest)
        }
        let share = self.bestShare(freeSlots: freeSlots, at: now)
        let change = share > last.share ? share / last.share : last.share / share
        let latest = last.at.advanced(by: self.limits.period)
        if change >= Self.worthwhileChange || now >= latest {
            return self.publish(share, at: now)
        }
        return .wait(until: min(latest, now.advanced(by: self.limits.searchInterval)))
    }

    private mutating func stepWithoutSlots(at now: Instant) -> Step {
        switch self.phase {
        case .silent:
            return .silence
        case .advertising:
            self.phase = .withdrawing(left: Self.withdrawals, nextDue: now)
            return self.stepWithoutSlots(at: now)
        case .withdrawing(let left, let nextDue):
            guard left > 0 else {
                self.learn(at: now)
                self.phase = .silent
                return .silence
            }
            guard now >= nextDue else {
                return .wait(until: nextDue)
            }
            self.phase = .withdrawing(left: left &- 1, nextDue: now.advanced(by: Self.withdrawalInterval))
            return .withdraw(self.append(share: 0, at: now))
        }
    }

    private mutating func publish(_ share: Double, at now: Instant) -> Step {
        .advertise(self.append(share: share, at: now), share: share)
    }

    private mutating func append(share: Double, at now: Instant) -> AdvertisementOrder {
        self.sequence &+= 1
        self.published.append(Published(sequence: self.sequence, share: share, at: now))
        self.seenUntil = self.seenUntil ?? now
        return AdvertisementOrder(epoch: self.epoch, sequence: self.sequence)
    }

    // MARK: - What is known

    /// Moves on what counts as seen.
    private mutating func learn(at now: Instant) {
        guard let from = self.seenUntil else { return }
        var until = now.advanced(by: .zero - self.lag - self.limits.claimDelay)
        if self.limits.readsBack, let unseen = self.published.first(where: { $0.sequence > self.visible }) {
            until = min(until, unseen.at)
        }
        guard until > from else { return }
        let fading = Self.fading(until.duration(since: from), memory: self.memory)
        self.seenClaims *= fading
        self.seenExposure = self.seenExposure * fading + self.exposure(from: from, to: until)
        self.seenUntil = until
        while self.published.count > 1, self.published[1].at <= until {
            self.published.removeFirst()
        }
    }

    /// The published share × seconds between two times.
    private func exposure(from: Instant, to: Instant) -> Double {
        var sum = 0.0
        for (index, one) in self.published.enumerated() {
            let end = index + 1 < self.published.count ? min(self.published[index + 1].at, to) : to
            let start = max(one.at, from)
            if end > start {
                sum += one.share * end.duration(since: start).inSeconds
            }
        }
        return sum
    }

    private var memory: Double { max(30, 4 * self.lag.inSeconds) }

    /// 1 / (1 + t/m), close enough to an exponential at the steps of a few seconds that it is used for.
    private static func fading(_ duration: Duration, memory: Double) -> Double {
        1 / (1 + duration.inSeconds / memory)
    }

    /// After a silence only a hint is left of what was known.
    private mutating func fadeToHint() {
        let most = 4.0
        if self.seenClaims > most {
            self.seenExposure *= most / self.seenClaims
            self.seenClaims = most
        }
    }

    /// Claims that are taken to be about to come before the first one has: 1.2 where the repository is up to a second
    /// behind, 0.8 at 2 s, 0.42 at 40 s. More caution means fewer claims for one slot, and a slower search; a repository
    /// far behind makes the search long, so that there it is traded for time.
    private var caution: Double { 0.4 + min(0.8, 0.8 / max(1, self.lag.inSeconds)) }

    /// In which time the missing claims shall come, in seconds. One slot is best filled at the pace at which claims are
    /// seen; with many, what is in flight is known well enough to go faster.
    private func fillTime(freeSlots: Int) -> Double {
        max(4, 0.85 * self.lag.inSeconds / Double(freeSlots).squareRoot())
    }

    private func bestShare(freeSlots: Int, at now: Instant) -> Double {
        // One and a half standard deviations of a Poisson count above what was seen: few claims say little.
        let claims = self.seenClaims + 1.5 * self.seenClaims.squareRoot() + self.caution
        let checksPerSecond = claims / (self.seenExposure + self.caution / self.limits.mostChecksPerSecond)
        let inFlight = self.seenUntil.map { self.exposure(from: $0, to: now) } ?? 0
        let missing = Double(freeSlots) - checksPerSecond * inFlight
        return min(1, max(Self.leastShare, missing / (checksPerSecond * self.fillTime(freeSlots: freeSlots))))
    }
}
