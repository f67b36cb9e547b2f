public import MonALISARepository
package import PoDCore
package import PoDTickets

/// What one look at the repository showed: the masters, the rows that were skipped, and the one to join.
///
/// Ten thousand rows take a while, above all where they are forged: reading and choosing go on step by step.
public struct MasterListing: Sendable {
    private var answer: RepositoryAnswer
    private let policy: Policy
    private let now: Int64
    private var rows: [MasterRows] = []
    private var readRows = 0
    private var entries: [Entry] = []
    private var unreadable: [SkippedRow] = []
    private var search: MasterSelection.Search?
    /// The entry of each candidate of the search.
    private var candidates: [Int] = []
    private var signatureChecks: UInt64 = 0

    /// The index of the master to join; `nil` when there is none.
    public private(set) var chosenIndex: Int?
    /// Of the master to join, where its advertisement was verified.
    private var verified: VerifiedAdvertisement?
    /// Why the advertisement of the master to join is no more than a claim; `nil` where it was verified.
    package private(set) var doubt: String?

    /// What is believed.
    package struct Policy: Sendable {
        /// Whether unsigned advertisements are.
        let allowsUnsigned: Bool
        /// Milliseconds since 1970, where the server does not tell its time.
        let wallClock: Int64

        package init(allowsUnsigned: Bool, wallClock: Int64) {
            self.allowsUnsigned = allowsUnsigned
            self.wallClock = wallClock
        }
    }

    private struct Entry: Sendable {
        let rows: MasterRows
        /// Of the address, or of the proof.
        let row: RepositoryRow
        let statement: Statement
    }

    private enum Statement: Sendable {
        case plain(AdvertisementReading)
        case signed(UnverifiedAdvertisement)
    }

    /// How far ahead of the server's clock a value may be stamped. Its `Date` has whole seconds.
    static let clockTolerance: Int64 = 2000
    /// The rows that one step reads, and the signatures that it looks at: some 50 ms each.
    static let rowsOfStep = 1000
    static let checksOfStep: UInt64 = 500
    /// The signatures looked at in all. What a flood of forged rows leaves untried has its turn at a later look, where
    /// those that are known to be forged cost nothing.
    static let mostChecks: UInt64 = 12_000

    package init(_ answer: RepositoryAnswer, policy: Policy) {
        self.answer = answer
        self.policy = policy
        self.now = answer.serverTime ?? policy.wallClock
    }

    // MARK: - Steps

    /// Goes on.
    ///
    /// - Parameters:
    ///   - selection: The same in each step.
    ///   - random: For the choice.
    /// - Returns: Whether it is done.
    package mutating func step(
        _ verifier: inout TicketVerifier, selection: MasterSelection, at instant: Instant, random: UInt64
    ) -> Bool {
        if self.search != nil {
            return self.choose(&verifier)
        }
        if self.rows.isEmpty {
            self.rows = self.answer.takeMasters()
            self.entries.reserveCapacity(self.rows.count)
        } else {
            self.readSome()
        }
        if self.readRows >= self.rows.count {
            self.beginSearch(selection, at: instant, random: random)
        }
        return false
    }

    private mutating func readSome() {
        for rows in self.rows.dropFirst(self.readRows).prefix(Self.rowsOfStep) {
            do {
                if let entry = try self.entry(rows) {
                    self.entries.append(entry)
                }
            } catch {
                self.skip(rows, "\(error)")
            }
        }
        self.readRows &+= Self.rowsOfStep
    }

    private mutating func skip(_ rows: MasterRows, _ reason: String) {
        if self.unreadable.count < Self.mostSkippedRows {
            self.unreadable.append(SkippedRow(number: rows.first.number, reason: reason))
        }
    }

    /// Rows told as skipped.
    private static let mostSkippedRows = 1000

    /// - Returns: `nil` where there is nothing to be read: a withdrawal may be all that the window still holds of an
    ///   unsigned master.
    private func entry(_ rows: MasterRows) throws -> Entry? {
        if let proof = rows.proof {
            do {
                let node = try MasterJobID(parsing: self.answer.node(of: proof))
                try self.checkTime(proof.timestamp)
                let advertisement = try UnverifiedAdvertisement(
                    node: node, ticket: self.answer.ticket(of: rows), proof: self.answer.value(of: proof),
                    at: self.date)
                return Entry(rows: rows, row: proof, statement: .signed(advertisement))
            } catch  where self.policy.allowsUnsigned && rows.address != nil {
                // Not even a claim; what stands beside it may be one.
            }
        }
        guard let address = rows.address else { return nil }
        let reading = try self.answer.reading(of: rows)
        try self.checkTime(reading.reportedAt)
        return Entry(rows: rows, row: address, statement: .plain(reading))
    }

    private func checkTime(_ reportedAt: Int64) throws(ValueError) {
        guard reportedAt <= self.now &+ Self.clockTolerance else {
            throw ValueError(
                "Timestamp", "\((reportedAt &- self.now) / 1000) s in the future of the repository")
        }
    }

    private var date: NumericDate { NumericDate(secondsSince1970: self.now / 1000) }

    private mutating func beginSearch(_ selection: MasterSelection, at instant: Instant, random: UInt64) {
        var candidates: [MasterSelection.Candidate] = []
        candidates.reserveCapacity(self.entries.count)
        for (index, entry) in zip(self.entries.indices, self.entries) {
            switch entry.statement {
            case .signed(let advertisement):
                candidates.append(advertisement.candidate)
            case .plain(let reading):
                guard self.policy.allowsUnsigned else { continue }
                candidates.append(
                    MasterSelection.Candidate(
                        masterJobID: reading.masterJobID,
                        order: reading.order ?? AdvertisementOrder(unsignedReportedAt: reading.reportedAt),
                        wanted: reading.wanted, share: reading.share))
            }
            self.candidates.append(index)
        }
        self.rows = []
        self.search = MasterSelection.Search(candidates, for: selection, at: instant, random: random)
    }

    /// - Returns: Whether the choice is made.
    private mutating func choose(_ verifier: inout TicketVerifier) -> Bool {
        let before = verifier.signatureChecks
        let left = min(Self.checksOfStep, Self.mostChecks &- min(Self.mostChecks, self.signatureChecks))
        defer { self.signatureChecks &+= verifier.signatureChecks &- before }
        // What was found out before costs a digest, and is bounded likewise.
        var looks = Self.rowsOfStep
        while looks > 0, verifier.signatureChecks &- before < left {
            looks &-= 1
            guard let candidate = self.search?.next(), candidate < self.candidates.count else { return true }
            self.look(at: self.candidates[candidate], &verifier)
        }
        return self.signatureChecks >= Self.mostChecks
    }

    private mutating func look(at index: Int, _ verifier: inout TicketVerifier) {
        guard let entry = self.entry(at: index) else { return }
        var verified: VerifiedAdvertisement?
        var doubt: String?
        switch entry.statement {
        case .plain:
            doubt = "its advertisement is not signed"
        case .signed(let advertisement):
            do throws(TicketError) {
                verified = try verifier.verify(advertisement, at: self.date)
            } catch {
                guard self.policy.allowsUnsigned else {
                    self.skip(entry.rows, error.description)
                    self.search?.reject()
                    return
                }
                doubt = error.description
            }
        }
        self.search?.believe()
        if self.search?.choice.chosen != nil {
            (self.chosenIndex, self.verified, self.doubt) = (index, verified, doubt)
        }
    }

    // MARK: - What it showed

    /// How many masters there are, over all farms.
    public var count: Int { self.entries.count }

    /// The rows that were skipped, with the reasons; bounded.
    public var skipped: [SkippedRow] { self.answer.skipped + self.unreadable }

    /// How many masters are not believed because they do not sign.
    package var unsignedCount: Int { self.entries.count &- self.candidates.count }

    /// The master to join; `nil` when there is none.
    public var chosen: ServerInfo? {
        guard var info = self.chosenIndex.flatMap({ self.master(at: $0) }) else { return nil }
        info.owner = self.verified?.ticket.owner
        return info
    }

    /// What stands for the ticket of the master to join.
    var chosenTicket: UInt64? {
        switch self.chosenIndex.flatMap({ self.entry(at: $0) })?.statement {
        case .signed(let advertisement): advertisement.candidate.ticket
        case .plain, nil: nil
        }
    }

    /// The master at an index below ``count``, as it says of itself; a signed withdrawal is none.
    public func master(at index: Int) -> ServerInfo? {
        guard let entry = self.entry(at: index) else { return nil }
        switch entry.statement {
        case .plain(let reading):
            guard let address = try? Address(parsing: self.answer.value(of: entry.row)) else { return nil }
            return ServerInfo(
                masterJobID: reading.masterJobID, address: address, sessionProtocol: reading.sessionProtocol,
                wanted: reading.wanted, share: reading.share, order: reading.order,
                key: reading.hasKey ? self.answer.key(of: entry.rows).flatMap { try? MasterKey(parsing: $0) } : nil,
                reportedAt: reading.reportedAt, farm: self.answer.farm(of: entry.row))
        case .signed(let advertisement):
            let content = advertisement.content
            guard let offer = content.offer, let key = advertisement.holder?.thumbprint else { return nil }
            return ServerInfo(
                masterJobID: content.masterJobID, address: offer.address, sessionProtocol: content.sessionProtocol,
                wanted: content.wanted, share: content.share, order: content.order,
                key: try? MasterKey(parsing: key.description), reportedAt: entry.row.timestamp,
                farm: self.answer.farm(of: entry.row))
        }
    }

    private func entry(at index: Int) -> Entry? {
        index >= 0 && index < self.entries.count ? self.entries[index] : nil
    }

    /// Seconds since the advertisement was received, by the repository's clock; never below 0.
    public func age(of master: ServerInfo) -> Int64 {
        max(0, (self.now &- master.reportedAt) / 1000)
    }
}
