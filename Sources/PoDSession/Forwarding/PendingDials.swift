package import PoDCore
package import PoDTickets

/// Which workers were asked to dial back, with which secrets, and how many streams each has.
///
/// A value: who holds it passes secrets and the time in, and moves the bytes.
package struct PendingDials: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Streams of one lease, those that are waited for and those that are open.
        package var streams: Int
        /// How long a worker has to dial back.
        package var timeToDial: Duration

        package init(streams: Int = 256, timeToDial: Duration = .seconds(10)) {
            self.streams = streams
            self.timeToDial = timeToDial
        }
    }

    /// Why a connection is not forwarded, or a dial-back not taken.
    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        case tooManyStreams(limit: Int)
        /// A secret must be new.
        case secretInUse
        /// Never given out, used already, too old, or of a lease that has ended: a caller can't tell which.
        case unknownSecret
        /// The secret was given to another key than the one that shows it.
        case notThisWorker

        package var description: String {
            switch self {
            case .tooManyStreams(let limit): "the worker has its \(limit) streams already"
            case .secretInUse: "the secret of a stream was drawn twice"
            case .unknownSecret: "nobody waits for a stream with this secret"
            case .notThisWorker: "the secret of the stream belongs to another worker"
            }
        }
    }

    private struct Dial: Sendable {
        let lease: LeaseID
        let worker: KeyThumbprint
        let expiry: Instant
    }

    private let limits: Limits
    private var dials: [StreamSecret: Dial] = [:]
    /// Those that are waited for and those that are open.
    private var streams: [LeaseID: Int] = [:]

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many are waited for, of all leases.
    package var count: Int { self.dials.count }

    /// Streams of a lease, those that are waited for and those that are open.
    package func streamCount(of lease: LeaseID) -> Int {
        self.streams[lease, default: 0]
    }

    /// Notes that a worker is asked to dial back.
    ///
    /// - Parameters:
    ///   - secret: A new one.
    ///   - worker: The key of the lease's worker, the only one that may answer.
    package mutating func ask(
        _ secret: StreamSecret, of lease: LeaseID, worker: KeyThumbprint, at now: Instant
    ) throws(Refusal) {
        guard self.dials[secret] == nil else {
            throw .secretInUse
        }
        guard self.streamCount(of: lease) < self.limits.streams else {
            throw .tooManyStreams(limit: self.limits.streams)
        }
        self.streams[lease, default: 0] += 1
        self.dials[secret] = Dial(lease: lease, worker: worker, expiry: now.advanced(by: self.limits.timeToDial))
    }

    /// Takes a dial-back. The stream is open from here until ``streamEnded(of:)``.
    ///
    /// - Returns: The lease whose stream it is.
    package mutating func answer(
        _ secret: StreamSecret, by worker: KeyThumbprint, at now: Instant
    ) throws(Refusal) -> LeaseID {
        guard let dial = self.dials[secret], now < dial.expiry else {
            throw .unknownSecret
        }
        // Whoever shows another's secret must not use it up.
        guard dial.worker == worker else {
            throw .notThisWorker
        }
        self.dials[secret] = nil
        return dial.lease
    }

    /// A stream that was open has ended. One of a lease that has ended is counted no more.
    package mutating func streamEnded(of lease: LeaseID) {
        guard let count = self.streams[lease] else { return }
        self.streams[lease] = count > 1 ? count - 1 : nil
    }

    /// Whether a worker was asked with this secret, and not answered yet.
    package func isAsked(_ secret: StreamSecret, of worker: KeyThumbprint) -> Bool {
        self.dials[secret]?.worker == worker
    }

    /// Nobody waits for the stream any more.
    ///
    /// - Returns: Whether it was waited for.
    @discardableResult
    package mutating func withdraw(_ secret: StreamSecret) -> Bool {
        guard let dial = self.dials.removeValue(forKey: secret) else { return false }
        self.streamEnded(of: dial.lease)
        return true
    }

    /// Drops what was not answered in time.
    ///
    /// - Returns: The secrets that are worth nothing from now on.
    package mutating func expire(at now: Instant) -> [StreamSecret] {
        let late = self.dials.filter { $0.value.expiry <= now }.map(\.key)
        for secret in late {
            self.withdraw(secret)
        }
        return late
    }

    /// A lease has ended, and with it all its streams.
    ///
    /// - Returns: The secrets that are worth nothing from now on.
    package mutating func leaseEnded(_ lease: LeaseID) -> [StreamSecret] {
        let secrets = self.dials.filter { $0.value.lease == lease }.map(\.key)
        for secret in secrets {
            self.dials[secret] = nil
        }
        self.streams[lease] = nil
        return secrets
    }
}
