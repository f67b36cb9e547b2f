import Glibc

/// Finds the master of a row by farm and node while the rows of an answer are put together.
///
/// A hash table with open addressing, for a `Dictionary` copies a key of two texts for each of ten thousand masters.
/// The hash is the standard library's, seeded anew in each process, so that nobody can choose names that collide.
struct MasterTable {
    private(set) var masters: [MasterRows] = []
    private let texts: FieldTexts
    /// For each place the index of a master plus one; 0 where there is none. A power of two, at most half full.
    private var places: [UInt32]
    private var last: Int?

    /// - Parameter rowCount: At most so many masters are taken.
    init(texts: FieldTexts, rowCount: Int) {
        self.texts = texts
        var size = 16
        while size < rowCount &* 2 {
            size &*= 2
        }
        self.places = [UInt32](repeating: 0, count: size)
        self.masters.reserveCapacity(min(rowCount, 16384))
    }

    /// - Returns: Whether the parameter is one of an advertisement's.
    mutating func take(_ row: RepositoryRow) -> Bool {
        let index = self.index(of: row)
        return self.masters[index].take(row, named: self.texts.bytes(row.parameter))
    }

    private mutating func index(of row: RepositoryRow) -> Int {
        // The service sorts by farm and node: mostly it is the master of the row before.
        if let last, self.isSame(self.masters[last].first, row) {
            return last
        }
        let index = self.lookUp(row)
        self.last = index
        return index
    }

    private mutating func lookUp(_ row: RepositoryRow) -> Int {
        let mask = self.places.count &- 1
        var place = self.hash(of: row) & mask
        while true {
            let found = Int(self.places[place]) &- 1
            if found < 0 {
                self.masters.append(MasterRows(row))
                self.places[place] = UInt32(truncatingIfNeeded: self.masters.count)
                return self.masters.count &- 1
            }
            if self.isSame(self.masters[found].first, row) {
                return found
            }
            place = (place &+ 1) & mask
        }
    }

    private func isSame(_ first: RepositoryRow, _ second: RepositoryRow) -> Bool {
        self.texts.isEqual(first.node, second.node) && self.texts.isEqual(first.farm, second.farm)
    }

    private func hash(of row: RepositoryRow) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: self.texts.bytes(row.node))
        hasher.combine(row.node.count)
        hasher.combine(bytes: self.texts.bytes(row.farm))
        return hasher.finalize()
    }
}

/// The texts of an answer's fields.
struct FieldTexts {
    let body: UnsafeRawBufferPointer
    let unescaped: UnsafeRawBufferPointer

    func bytes(_ field: RepositoryRow.Field) -> UnsafeRawBufferPointer {
        let all = field.isUnescaped ? self.unescaped : self.body
        let start = min(Int(field.start), all.count)
        return UnsafeRawBufferPointer(
            start: all.baseAddress.map { $0 + start }, count: min(field.count, all.count &- start))
    }

    func isEqual(_ field: RepositoryRow.Field, _ text: Span<UInt8>) -> Bool {
        text.withUnsafeBytes { Self.isEqual(self.bytes(field), $0) }
    }

    func isEqual(_ first: RepositoryRow.Field, _ second: RepositoryRow.Field) -> Bool {
        first == second || Self.isEqual(self.bytes(first), self.bytes(second))
    }

    private static func isEqual(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Bool {
        guard first.count == second.count, let start = first.baseAddress, let other = second.baseAddress else {
            return false
        }
        return memcmp(start, other, first.count) == 0
    }
}
