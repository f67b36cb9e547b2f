extension MasterSelection {
    /// A choice among advertisements of which anybody may have written some: says whose signature is worth looking at,
    /// and is told what was found.
    ///
    /// Nothing counts before its signature was looked at, not even to stand in another's way: of a master the highest
    /// order that is genuine decides, wherever it stands. Masters of which no row invites this watcher cost no
    /// signature. Of each master ``fewForgeries`` rows are tried before the others have their turn, so that many forged
    /// rows of one do not hide the rest.
    public struct Search: Sendable {
        /// How many forged rows of one master are tried in a row.
        static let fewForgeries = 4

        public private(set) var choice = Choice()

        private let selection: MasterSelection
        private let candidates: [Candidate]
        private let now: Instant
        private var random: UInt64

        /// The masters to choose from, and those that have to wait until the others were tried.
        private var masters: [Master] = []
        private var postponed: [Master] = []
        /// For each of ``masters`` the slots it wants, apart from it: they are gone through for each that is forged.
        private var weights: [UInt64] = []
        private var totalWeight: UInt64 = 0
        /// Where in ``masters`` the row stands that is looked at.
        private var current: Int?

        private struct Master: Sendable {
            /// Indices of what is left of its rows, the highest order last. Of one that needs no signature just that one.
            var rows: [Int]
            var forgeries = 0
        }

        /// - Parameter random: All its bits are used for the weighted choice.
        public init(_ candidates: [Candidate], for selection: MasterSelection, at now: Instant, random: UInt64) {
            self.selection = selection
            self.candidates = candidates
            self.now = now
            self.random = random
            self.choice.exclusions = Array(repeating: .supersededByNewerRow, count: candidates.count)
            var masters: [Identity: Master] = [:]
            masters.reserveCapacity(candidates.count)
            for (index, candidate) in zip(candidates.indices, candidates) {
                masters[candidate.identity, default: Master(rows: [])].rows.append(index)
            }
            var all: [Master] = []
            all.reserveCapacity(masters.count)
            for (identity, var master) in masters {
                // Of equal ones the first: other farms show the same again.
                master.rows.sort {
                    (candidates[$0].order, $1) < (candidates[$1].order, $0)
                }
                if identity.ticket == nil {
                    master.rows.removeFirst(max(0, master.rows.count &- 1))
                }
                all.append(master)
            }
            for master in all.sorted(by: { ($0.rows.last ?? 0) < ($1.rows.last ?? 0) }) {
                self.add(master)
            }
        }

        /// The candidate that is to be looked at now; `nil` when the choice is made.
        public mutating func next() -> Int? {
            guard self.choice.chosen == nil else { return nil }
            if self.masters.isEmpty {
                let postponed = self.postponed
                self.postponed = []
                postponed.forEach { self.add($0) }
            }
            var place = self.totalWeight.multipliedFullWidth(by: self.random).high
            for (index, weight) in zip(self.weights.indices, self.weights) {
                if place < weight {
                    self.current = index
                    return self.masters[index].rows.last
                }
                place &-= weight
            }
            return nil
        }

        /// The candidate of ``next()`` is what it says, or is taken for that: it decides for its master.
        public mutating func believe() {
            guard let master = self.takeCurrent(), let row = master.rows.last else { return }
            if self.choice.exclusions[row] == nil {
                self.choice.chosen = row
            }
        }

        /// The candidate of ``next()`` is not what it says.
        public mutating func reject() {
            guard var master = self.takeCurrent(), let row = master.rows.popLast() else { return }
            self.choice.exclusions[row] = .forged
            master.forgeries &+= 1
            if master.forgeries >= Self.fewForgeries {
                master.forgeries = 0
                self.postponed.append(master)
            } else {
                self.add(master)
            }
        }

        /// Adds a master, if one of its rows invites this watcher.
        private mutating func add(_ master: Master) {
            guard let latest = master.rows.last else { return }
            self.choice.exclusions[latest] = self.exclusion(of: latest)
            guard let inviting = master.rows.last(where: { self.exclusion(of: $0) == nil }) else { return }
            let weight = UInt64(clamping: self.candidates[inviting].wanted)
            self.masters.append(master)
            self.weights.append(weight)
            self.totalWeight &+= weight
        }

        private func exclusion(of row: Int) -> Exclusion? {
            self.selection.exclusion(of: self.candidates[row], at: self.now)
        }

        private mutating func takeCurrent() -> Master? {
            guard let current else { return nil }
            self.current = nil
            // The next draw is another one.
            var hash = StableHash(seed: self.random)
            hash.combine(UInt64(truncatingIfNeeded: current))
            self.random = hash.word
            // The last one takes its place.
            guard var master = self.masters.popLast(), var weight = self.weights.popLast() else { return nil }
            if current < self.masters.count, current < self.weights.count {
                (self.masters[current], master) = (master, self.masters[current])
                (self.weights[current], weight) = (weight, self.weights[current])
            }
            self.totalWeight &-= weight
            return master
        }
    }
}
