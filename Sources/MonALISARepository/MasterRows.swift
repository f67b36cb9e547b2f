public import PoDCore

/// The rows of one master as one farm reports it, of each parameter the newest.
public struct MasterRows: Hashable, Sendable {
    /// The row of `Address`: without one there is no unsigned advertisement.
    public internal(set) var address: RepositoryRow?
    /// The row of `Proof`, the signed advertisement.
    public internal(set) var proof: RepositoryRow?
    var wanted: ParameterValue?
    var share: ParameterValue?
    var sessionProtocol: ParameterValue?
    var sequence: ParameterValue?
    var key: ParameterValue?
    var ticket: ParameterValue?
    /// Any of the rows, for its names.
    public let first: RepositoryRow

    /// A value and its time, in milliseconds since 1970.
    struct ParameterValue: Hashable, Sendable {
        let value: RepositoryRow.Field
        let timestamp: Int64
    }

    init(_ row: RepositoryRow) {
        self.first = row
    }
}

extension RepositoryAnswer {
    /// Puts the rows of masters together by farm and node, in the order in which they first appear.
    ///
    /// Rows of other clusters and parameters that no advertisement has are skipped with a reason.
    public mutating func takeMasters() -> [MasterRows] {
        let body = self.body
        let unescaped = self.unescaped
        return body.span.bytes.withUnsafeBytes { body in
            unescaped.span.bytes.withUnsafeBytes { unescaped in
                self.takeMasters(FieldTexts(body: body, unescaped: unescaped))
            }
        }
    }

    private mutating func takeMasters(_ texts: FieldTexts) -> [MasterRows] {
        let cluster = Array(Advertisement.cluster.utf8)
        var table = MasterTable(texts: texts, rowCount: self.rows.count)
        for row in self.rows {
            guard texts.isEqual(row.cluster, cluster.span) else {
                self.skip(row.number, "cluster \(ValueError.quoted(self.text(row.cluster)))")
                continue
            }
            if !table.take(row) {
                self.skip(row.number, "parameter \(ValueError.quoted(self.text(row.parameter)))")
            }
        }
        return table.masters
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
        if let row = master.sequence {
            try self.withBytes(row.value) { (value) throws(ValueError) in
                try reading.read(sequence: value, reportedAt: row.timestamp)
            }
        }
        if let row = master.key {
            try self.withBytes(row.value) { (value) throws(ValueError) in
                try reading.read(key: value, reportedAt: row.timestamp)
            }
        }
        return reading
    }

    /// The value of `Key`; `nil` where the master has none.
    public func key(of master: MasterRows) -> String? {
        master.key.map { self.text($0.value) }
    }

    /// The value of `Ticket`; `nil` where the master has none.
    public func ticket(of master: MasterRows) -> String? {
        master.ticket.map { self.text($0.value) }
    }
}

extension MasterRows {
    /// - Returns: Whether the parameter is one of an advertisement's.
    mutating func take(_ row: RepositoryRow, named parameter: UnsafeRawBufferPointer) -> Bool {
        if parameter.isEqual(to: "Address") {
            if row.timestamp > self.address?.timestamp ?? -1 {
                self.address = row
            }
        } else if parameter.isEqual(to: "Wanted") {
            Self.keepNewer(row, &self.wanted)
        } else if parameter.isEqual(to: "Share") {
            Self.keepNewer(row, &self.share)
        } else if parameter.isEqual(to: "Protocol") {
            Self.keepNewer(row, &self.sessionProtocol)
        } else if parameter.isEqual(to: "Sequence") {
            Self.keepNewer(row, &self.sequence)
        } else if parameter.isEqual(to: "Key") {
            Self.keepNewer(row, &self.key)
        } else if parameter.isEqual(to: "Ticket") {
            Self.keepNewer(row, &self.ticket)
        } else if parameter.isEqual(to: "Proof") {
            if row.timestamp > self.proof?.timestamp ?? -1 {
                self.proof = row
            }
        } else {
            return false
        }
        return true
    }

    private static func keepNewer(_ row: RepositoryRow, _ kept: inout ParameterValue?) {
        if row.timestamp > kept?.timestamp ?? -1 {
            kept = ParameterValue(value: row.value, timestamp: row.timestamp)
        }
    }
}
