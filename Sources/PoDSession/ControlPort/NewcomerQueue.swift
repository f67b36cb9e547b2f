package import PoDCore

/// Which connections to the control port may go on before it is known whose they are. No I/O.
///
/// So many of one source are in TLS's handshake or without a claim; who comes beyond waits for a turn, for the workers of
/// a site may come all at once from one address. Where workers are, more may come, for each of their streams begins as a
/// connection of nobody's. All together have a share of the descriptors; the others are kept for workers that have a slot
/// and for their streams, so who comes from where one of those is does not count.
package struct NewcomerQueue: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Of one source, that are in the handshake or without a claim; 8 more for each worker there.
        package var atOnce: Int
        /// Of one source, with those that wait; 64 more for each worker there, but no more than ``ofAll``.
        package var ofSource: Int
        /// Of all sources where no worker is.
        package var ofAll: Int

        package init(atOnce: Int = 64, ofSource: Int = 512, ofAll: Int = 4096) {
            self.atOnce = atOnce
            self.ofSource = ofSource
            self.ofAll = ofAll
        }

        /// For a process that may have so many files and sockets open: half of them are for newcomers, an eighth for those
        /// of one source.
        package init(descriptors: Int) {
            self.init(ofSource: min(512, max(64, descriptors / 8)), ofAll: descriptors / 2)
        }

        fileprivate func atOnce(workers: Int) -> Int { self.atOnce + 8 * workers }

        fileprivate func ofSource(workers: Int) -> Int {
            max(self.ofSource, min(self.ofAll, self.ofSource + 64 * workers))
        }
    }

    /// Names a connection; never used twice.
    package typealias Number = UInt64

    package enum Answer: Hashable, Sendable {
        case goesOn, waits, refused
    }

    private struct Place {
        var goingOn: Set<Number> = []
        /// The first is next.
        var waiting: [Number] = []

        var count: Int { self.goingOn.count + self.waiting.count }
    }

    private let limits: Limits
    private var places: [NetworkSource: Place] = [:]
    /// Those that are here, and whether they are from where no worker is.
    private var newcomers: [Number: (source: NetworkSource, isStranger: Bool)] = [:]
    private var strangers = 0
    private var workers: [LeaseID: NetworkSource] = [:]
    private var workersAt: [NetworkSource: Int] = [:]

    package init(limits: Limits) {
        self.limits = limits
    }

    /// A connection was taken. One that is not refused is here until ``left(_:)``.
    package mutating func came(_ number: Number, from source: NetworkSource) -> Answer {
        var place = self.places[source] ?? Place()
        let workers = self.workersAt[source] ?? 0
        let isStranger = workers == 0
        guard place.count < self.limits.ofSource(workers: workers),
            !isStranger || self.strangers < self.limits.ofAll
        else {
            return .refused
        }
        let goesOn = place.goingOn.count < self.limits.atOnce(workers: workers)
        if goesOn {
            place.goingOn.insert(number)
        } else {
            place.waiting.append(number)
        }
        self.places[source] = place
        self.newcomers[number] = (source, isStranger)
        self.strangers += isStranger ? 1 : 0
        return goesOn ? .goesOn : .waits
    }

    /// A connection is known, or closed. May be said again.
    ///
    /// - Returns: Whose turn it is.
    package mutating func left(_ number: Number) -> [Number] {
        guard let (source, isStranger) = self.newcomers.removeValue(forKey: number) else { return [] }
        self.strangers -= isStranger ? 1 : 0
        var place = self.places[source] ?? Place()
        if place.goingOn.remove(number) == nil {
            place.waiting.removeAll { $0 == number }
        }
        let room = max(0, self.limits.atOnce(workers: self.workersAt[source] ?? 0) - place.goingOn.count)
        let next = Array(place.waiting.prefix(room))
        place.waiting.removeFirst(next.count)
        place.goingOn.formUnion(next)
        self.places[source] = place.count == 0 ? nil : place
        return next
    }

    /// A worker that has a lease is there.
    package mutating func worker(_ lease: LeaseID, isAt source: NetworkSource) {
        self.leaseEnded(lease)
        self.workers[lease] = source
        self.workersAt[source, default: 0] += 1
    }

    package mutating func leaseEnded(_ lease: LeaseID) {
        guard let source = self.workers.removeValue(forKey: lease) else { return }
        let left = self.workersAt[source, default: 1] - 1
        self.workersAt[source] = left > 0 ? left : nil
    }
}
