import PoDCore

/// What a MonALISA repository shows: each parameter a series of its own, last writer wins, one minute back.
struct Repository {
    /// What one request is answered with.
    struct Answer {
        let from: Instant
        /// For watchers that believe signed advertisements only.
        var signed: [MasterSelection.Candidate] = []
        var signedProcesses: [Int] = []
        /// For watchers of the original design.
        var unsigned: [MasterSelection.Candidate] = []
        var unsignedProcesses: [Int] = []
    }

    /// What a query for the last minute shows.
    static let window: Duration = .seconds(60)
    /// How old an answer may be that a slow cache gives.
    static let oldestAnswer: Duration = .seconds(60)

    private let sessions: [MasterJobID]
    /// By farm, session and parameter.
    private var series: [MonitoredValue?]
    private var answers: [Answer]
    private var isChanged = false
    private var expires: Instant?

    init(sessions: [MasterJobID], farms: Int) {
        self.sessions = sessions
        let count = farms * sessions.count * MonitoredValue.Parameter.allCases.count
        self.series = Array(repeating: nil, count: count)
        self.answers = [Answer(from: .start)]
    }

    /// A value becomes visible.
    mutating func show(_ value: MonitoredValue, farm: Int) {
        let row = farm * self.sessions.count + value.advertised.session
        let index = row * MonitoredValue.Parameter.allCases.count + value.parameter.rawValue
        if let known = self.series[index], known.stamp > value.stamp { return }
        self.series[index] = value
        self.isChanged = true
    }

    /// What a request at `now` shows; an earlier time is an answer from a cache.
    mutating func answer(at time: Instant, now: Instant) -> Answer {
        if self.isChanged || self.expires.map({ now >= $0 }) ?? false {
            self.isChanged = false
            self.answers.append(self.read(at: now))
            let oldest = now.advanced(by: .zero - Self.oldestAnswer)
            while self.answers.count > 1, self.answers[1].from <= oldest {
                self.answers.removeFirst()
            }
        }
        if let last = self.answers.last, last.from <= time { return last }
        return self.answers.last { $0.from <= time } ?? self.answers[0]
    }

    private mutating func read(at now: Instant) -> Answer {
        var answer = Answer(from: now)
        let oldest = now.advanced(by: .zero - Self.window)
        self.expires = nil
        let parameters = MonitoredValue.Parameter.allCases.count
        for row in 0..<self.series.count / parameters {
            let values = self.series[row * parameters..<(row + 1) * parameters].map { value in
                value.flatMap { $0.stamp > oldest ? $0 : nil }
            }
            for case let value? in values {
                let end = value.stamp.advanced(by: Self.window)
                self.expires = min(self.expires ?? end, end)
            }
            let session = self.sessions[row % self.sessions.count]
            if let proof = values[MonitoredValue.Parameter.proof.rawValue] {
                answer.signed.append(
                    MasterSelection.Candidate(
                        masterJobID: session, order: proof.advertised.order, wanted: proof.advertised.wanted,
                        share: proof.advertised.share))
                answer.signedProcesses.append(proof.advertised.process)
            }
            if let address = values[MonitoredValue.Parameter.address.rawValue],
                let reading = Self.reading(
                    of: session, address: address, wanted: values[MonitoredValue.Parameter.wanted.rawValue],
                    share: values[MonitoredValue.Parameter.share.rawValue])
            {
                answer.unsigned.append(
                    MasterSelection.Candidate(
                        masterJobID: session, order: AdvertisementOrder(unsignedReportedAt: reading.reportedAt),
                        wanted: reading.wanted, share: reading.share))
                answer.unsignedProcesses.append(address.advertised.process)
            }
        }
        return answer
    }

    /// The row as a watcher of the original design reads it, through the rules that the library reads it with.
    private static func reading(
        of session: MasterJobID, address: MonitoredValue, wanted: MonitoredValue?, share: MonitoredValue?
    ) -> AdvertisementReading? {
        do throws(ValueError) {
            let text = "master-\(address.advertised.process).example.org:20000"
            var reading = try AdvertisementReading(
                node: session.description.utf8.span, address: text.utf8.span,
                reportedAt: Self.milliseconds(address.stamp))
            if let wanted {
                let text = String(wanted.advertised.wanted)
                try reading.read(wanted: text.utf8.span, reportedAt: Self.milliseconds(wanted.stamp))
            }
            if let share {
                let text = String(share.advertised.share)
                try reading.read(share: text.utf8.span, reportedAt: Self.milliseconds(share.stamp))
            }
            return reading
        } catch {
            return nil
        }
    }

    private static func milliseconds(_ time: Instant) -> Int64 {
        time.sinceStart.wholeMillisecondsRoundedUp
    }
}
