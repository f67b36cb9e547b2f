package import ApMon

/// What became of a datagram.
package enum DatagramOutcome: Hashable, Sendable {
    /// Its values were taken, but for those that the cache had no room for.
    case taken(values: Int, refused: Int)
    case malformed(DatagramError)
    case wrongPassword
    case flooded
    /// It names no series: an empty cluster or node, or an accounting record.
    case unnamed
}

/// Takes datagrams in as MonALISA's receiver does, but refuses what is malformed.
///
/// In the receiver's order: flood control, then form, then password, then values. Pure but for the store.
package struct DatagramIntake: Sendable {
    /// Nodes of this name are accounting records, which a receiver does not keep as values.
    private static let accountingPrefix = "#acc_"

    private let farm: String
    private let password: String?
    private let store: MonitorStore
    private var floodControl: FloodControl

    /// - Parameters:
    ///   - farm: The farm under which the values are kept.
    ///   - password: What each datagram must carry; `nil` when any will do, or none.
    package init(farm: String, password: String?, floodControl: FloodControl, store: MonitorStore) {
        self.farm = farm
        self.password = password
        self.floodControl = floodControl
        self.store = store
    }

    /// Whether a source, named by its IP address, may send one more, at a second of a clock that does not go back.
    package mutating func admits(_ source: String, at second: Int64, random: () -> Double) -> Bool {
        let isAdmitted = self.floodControl.admits(source, at: second, random: random)
        if !isAdmitted {
            self.store.count(.flooded)
        }
        return isAdmitted
    }

    /// Takes the values of a datagram that was admitted.
    ///
    /// - Parameter now: The time of its arrival, in milliseconds since 1970; also that of the values, when the
    ///   datagram gives none.
    package func take(_ bytes: [UInt8], now: Int64) -> DatagramOutcome {
        let outcome = self.outcome(of: bytes, now: now)
        self.store.count(outcome)
        return outcome
    }

    private func outcome(of bytes: [UInt8], now: Int64) -> DatagramOutcome {
        let datagram: Datagram
        do throws(DatagramError) {
            datagram = try Datagram(decoding: bytes)
        } catch {
            return .malformed(error)
        }
        guard let report = ReceivedReport(datagram, password: self.password) else { return .wrongPassword }
        guard !report.cluster.isEmpty, !report.node.isEmpty, !report.node.hasPrefix(Self.accountingPrefix) else {
            return .unnamed
        }
        let time = report.time.map { Int64($0) * 1000 } ?? now
        var samples: [SeriesSample] = []
        for named in report.values {
            guard
                let key = SeriesKey(
                    farm: self.farm, cluster: report.cluster, node: report.node, parameter: named.name)
            else {
                continue
            }
            let value: SeriesValue =
                switch named.value {
                case .number(let number): .number(number)
                case .string(let text): .string(text)
                }
            samples.append(SeriesSample(key: key, value: value, time: time))
        }
        let refused = self.store.store(samples, now: now)
        return .taken(values: samples.count, refused: refused)
    }
}
