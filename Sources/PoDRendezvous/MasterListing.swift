public import MonALISARepository
public import PoDCore

/// What one look at the repository showed: the masters, the rows that were skipped, and the one to join.
public struct MasterListing: Sendable {
    private var answer: RepositoryAnswer
    private var readings: [(rows: MasterRows, address: RepositoryRow, reading: AdvertisementReading)] = []
    private var unreadable: [SkippedRow] = []
    private let now: Int64
    private let choice: MasterSelection.Choice

    /// How far ahead of the server's clock a value may be stamped. Its `Date` has whole seconds.
    static let clockTolerance: Int64 = 2000

    /// Reads, checks and chooses.
    ///
    /// - Parameters:
    ///   - wallClock: Milliseconds since 1970, where the server does not tell its time.
    ///   - random: For the choice.
    init(
        _ answer: RepositoryAnswer, wallClock: Int64, selection: MasterSelection, at instant: Instant, random: UInt64
    ) {
        self.answer = answer
        self.now = answer.serverTime ?? wallClock
        let masters = self.answer.takeMasters()
        self.readings.reserveCapacity(masters.count)
        var candidates: [MasterSelection.Candidate] = []
        candidates.reserveCapacity(masters.count)
        for rows in masters {
            // A withdrawal may be all that the window still holds of a master.
            guard let address = rows.address else { continue }
            do throws(ValueError) {
                let reading = try self.answer.reading(of: rows)
                guard reading.reportedAt <= self.now &+ Self.clockTolerance else {
                    throw ValueError(
                        "Timestamp", "\((reading.reportedAt &- self.now) / 1000) s in the future of the repository")
                }
                self.readings.append((rows, address, reading))
                candidates.append(
                    MasterSelection.Candidate(
                        masterJobID: reading.masterJobID,
                        order: reading.order ?? AdvertisementOrder(unsignedReportedAt: reading.reportedAt),
                        wanted: reading.wanted, share: reading.share))
            } catch {
                self.unreadable.append(SkippedRow(number: rows.first.number, reason: error.description))
            }
        }
        self.choice = selection.choose(from: candidates, at: instant, random: random)
    }

    /// How many masters there are, over all farms.
    public var count: Int { self.readings.count }

    /// The rows that were skipped, with the reasons; bounded.
    public var skipped: [SkippedRow] { self.answer.skipped + self.unreadable }

    /// The master to join; `nil` when there is none.
    public var chosen: ServerInfo? { self.choice.chosen.flatMap { self.master(at: $0) } }

    /// The master at an index below ``count``.
    public func master(at index: Int) -> ServerInfo? {
        guard index >= 0, index < self.readings.count else { return nil }
        let (rows, row, reading) = self.readings[index]
        guard let address = try? Address(parsing: self.answer.value(of: row)) else { return nil }
        return ServerInfo(
            masterJobID: reading.masterJobID, address: address, sessionProtocol: reading.sessionProtocol,
            wanted: reading.wanted, share: reading.share, order: reading.order,
            key: reading.hasKey ? self.answer.key(of: rows).flatMap { try? MasterKey(parsing: $0) } : nil,
            reportedAt: reading.reportedAt, farm: self.answer.farm(of: row))
    }

    /// Seconds since the advertisement was received, by the repository's clock; never below 0.
    public func age(of master: ServerInfo) -> Int64 {
        max(0, (self.now &- master.reportedAt) / 1000)
    }

    /// Why a master was not joined; `nil` for one that could have been.
    public func exclusion(at index: Int) -> MasterSelection.Exclusion? {
        index >= 0 && index < self.choice.exclusions.count ? self.choice.exclusions[index] : nil
    }
}
