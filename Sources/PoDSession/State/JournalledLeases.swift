public import PoDCore

/// What the lines of a lease journal say together: the leases that have not ended, and how many workers are wanted.
public struct JournalledLeases: Hashable, Sendable {
    /// One line.
    public enum Entry: Hashable, Sendable {
        /// A claim got a lease. Written before the claim is answered.
        case grant(SlotLedger.Granted)
        /// A lease's worker is reached by this port of the master. Written before the worker is told.
        case forwarded(LeaseID, port: UInt16)
        /// A lease is over: goodbye, or forgotten.
        case end(LeaseID)
        /// The user wants so many workers.
        case wanted(Int)
    }

    private var living: [LeaseID: SlotLedger.Granted] = [:]
    /// The ports of those leases of ``granted`` whose workers are reached by way of the master.
    public private(set) var ports: [LeaseID: UInt16] = [:]
    /// The user's last wish; `nil` before the first.
    public private(set) var wanted: Int?

    public init() {}

    /// The leases that have not ended, the oldest first.
    public var granted: [SlotLedger.Granted] { self.living.values.sorted { $0.id < $1.id } }

    /// How many entries say the same in the fewest lines.
    public var count: Int { self.living.count + self.ports.count + (self.wanted == nil ? 0 : 1) }

    /// The same in the fewest lines.
    public var entries: [Entry] {
        (self.wanted.map { [.wanted($0)] } ?? [])
            + self.granted.flatMap { granted in
                [.grant(granted)] + (self.ports[granted.id].map { [.forwarded(granted.id, port: $0)] } ?? [])
            }
    }

    /// Takes the next line. What ends twice, or was never granted, is no error: an end is the same however often.
    public mutating func apply(_ entry: Entry) {
        switch entry {
        case .grant(let granted): self.living.updateValue(granted, forKey: granted.id)
        case .forwarded(let lease, let port):
            if self.living[lease] != nil {
                self.ports.updateValue(port, forKey: lease)
            }
        case .end(let lease):
            self.living.removeValue(forKey: lease)
            self.ports.removeValue(forKey: lease)
        case .wanted(let workers): self.wanted = workers
        }
    }
}

extension JournalledLeases.Entry {
    /// The JSON object of a line.
    var document: JSONValue {
        switch self {
        case .grant(let granted):
            .object(
                [
                    .init(name: "grant", value: .string(granted.id.description)),
                    .init(name: "claim", value: .string(granted.claim.description)),
                ] + (granted.holder.map { [.init(name: "holder", value: .string($0))] } ?? []))
        case .forwarded(let lease, let port):
            .object([
                .init(name: "forwarded", value: .string(lease.description)),
                .init(name: "port", value: .integer(Int64(port))),
            ])
        case .end(let lease): .object([.init(name: "end", value: .string(lease.description))])
        case .wanted(let workers): .object([.init(name: "wanted", value: .integer(Int64(workers)))])
        }
    }

    /// Reads a line.
    ///
    /// - Throws: ``ValueError`` that says what it is not.
    init(document: JSONValue) throws(ValueError) {
        if let lease = document["grant"]?.string, let claim = document["claim"]?.string {
            self = .grant(
                SlotLedger.Granted(
                    id: try LeaseID(parsing: lease), claim: try ClaimID(parsing: claim),
                    holder: document["holder"]?.string))
        } else if let lease = document["forwarded"]?.string,
            let port = document["port"]?.integer.flatMap({ UInt16(exactly: $0) }), port > 0
        {
            self = .forwarded(try LeaseID(parsing: lease), port: port)
        } else if let lease = document["end"]?.string {
            self = .end(try LeaseID(parsing: lease))
        } else if let wanted = document["wanted"]?.integer, let workers = Int(exactly: wanted), workers >= 0 {
            self = .wanted(workers)
        } else {
            throw ValueError("line", "expected grant and claim, forwarded and port, end, or wanted")
        }
    }
}
