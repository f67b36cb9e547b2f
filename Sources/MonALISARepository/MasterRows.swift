public import PoDCore

/// The rows of one master as one farm reports it, of each parameter the newest.
public struct MasterRows: Hashable, Sendable {
    /// The row of `Address`: without one there is no master.
    public internal(set) var address: RepositoryRow?
    public internal(set) var wanted: RepositoryRow?
    public internal(set) var share: RepositoryRow?
    public internal(set) var sessionProtocol: RepositoryRow?
    /// Any of the rows, for its names.
    public let first: RepositoryRow

    init(_ row: RepositoryRow) {
        self.first = row
    }
}

extension RepositoryAnswer {
    /// Puts the rows of masters together by farm and node, in the order in which they first appear.
    ///
    /// Rows of other clusters and parameters that no advertisement has are skipped with a reason.
    public mutating func takeMasters() -> [MasterRows] {
        var masters: [MasterRows] = []
        let rows = self.rows
        masters.reserveCapacity(rows.count)
        var indices: [NodeKey: Int] = Dictionary(minimumCapacity: rows.count)
        let body = self.body
        let unescaped = self.unescaped
        body.withUnsafeBytes { body in
            unescaped.withUnsafeBytes { unescaped in
                let texts = FieldTexts(body: body, unescaped: unescaped)
                for row in rows {
                    guard texts.isEqual(row.cluster, Advertisement.cluster) else {
                        self.skip(row.number, "cluster \(ValueError.quoted(self.text(row.cluster)))")
                        continue
                    }
                    let key = NodeKey(texts: texts, farm: row.farm, node: row.node)
                    let index = indices[key] ?? masters.count
                    if index == masters.count {
                        masters.append(MasterRows(row))
                        indices.updateValue(index, forKey: key)
                    }
                    if !masters[index].take(row, texts) {
                        self.skip(row.number, "parameter \(ValueError.quoted(self.text(row.parameter)))")
                    }
                }
            }
        }
        return masters
    }

    /// What an advertisement says, checked; no text is made of it yet.
    public func reading(of master: MasterRows) throws(ValueError) -> AdvertisementReading {
        guard let address = master.address else {
            throw ValueError("Address", "missing")
        }
        var reading = try self.withBytes(address.node) { (node) throws(ValueError) in
            try self.withBytes(address.value) { (value) throws(ValueError) in
                try AdvertisementReading(node: node, address: value, reportedAt: address.timestamp)
            }
        }
        if let row = master.wanted {
            try self.withBytes(row.value) { (value) throws(ValueError) in
                try reading.read(wanted: value, reportedAt: row.timestamp)
            }
        }
        if let row = master.share {
            try self.withBytes(row.value) { (value) throws(ValueError) in
                try reading.read(share: value, reportedAt: row.timestamp)
            }
        }
        if let row = master.sessionProtocol {
            try self.withBytes(row.value) { (value) throws(ValueError) in
                try reading.read(sessionProtocol: value, reportedAt: row.timestamp)
            }
        }
        return reading
    }
}

extension MasterRows {
    /// - Returns: Whether the parameter is one of an advertisement's.
    fileprivate mutating func take(_ row: RepositoryRow, _ texts: FieldTexts) -> Bool {
        if texts.isEqual(row.parameter, "Address") {
            self.address = Self.newer(row, self.address)
        } else if texts.isEqual(row.parameter, "Wanted") {
            self.wanted = Self.newer(row, self.wanted)
        } else if texts.isEqual(row.parameter, "Share") {
            self.share = Self.newer(row, self.share)
        } else if texts.isEqual(row.parameter, "Protocol") {
            self.sessionProtocol = Self.newer(row, self.sessionProtocol)
        } else {
            return false
        }
        return true
    }

    private static func newer(_ row: RepositoryRow, _ other: RepositoryRow?) -> RepositoryRow {
        guard let other, other.timestamp >= row.timestamp else { return row }
        return other
    }
}

/// The texts of an answer's fields while its rows are put together.
private struct FieldTexts {
    let body: UnsafeRawBufferPointer
    let unescaped: UnsafeRawBufferPointer

    func bytes(_ field: RepositoryRow.Field) -> UnsafeRawBufferPointer {
        let all = field.isUnescaped ? self.unescaped : self.body
        let start = min(Int(field.start), all.count)
        return UnsafeRawBufferPointer(
            start: all.baseAddress.map { $0 + start }, count: min(Int(field.count), all.count &- start))
    }

    func isEqual(_ field: RepositoryRow.Field, _ text: String) -> Bool {
        Int(field.count) == text.utf8.count && self.bytes(field).elementsEqual(text.utf8)
    }

    func isEqual(_ first: RepositoryRow.Field, _ second: RepositoryRow.Field) -> Bool {
        first == second || first.count == second.count && self.bytes(first).elementsEqual(self.bytes(second))
    }
}

/// A master's place: hashed with the standard library's seeded hash, so that nobody can choose names that collide.
private struct NodeKey: Hashable {
    let texts: FieldTexts
    let farm: RepositoryRow.Field
    let node: RepositoryRow.Field

    static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.texts.isEqual(lhs.node, rhs.node) && lhs.texts.isEqual(lhs.farm, rhs.farm)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(bytes: self.texts.bytes(self.farm))
        hasher.combine(self.farm.count)
        hasher.combine(bytes: self.texts.bytes(self.node))
    }
}
