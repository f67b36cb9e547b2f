public import PoDCore

/// What a master says of itself in its status file: the finished advertisement for its publisher, and the state of the
/// session for people.
public struct MasterStatus: Hashable, Sendable {
    public enum Phase: String, Hashable, Sendable, CaseIterable {
        case starting, running, draining, ended
    }

    public struct Workers: Hashable, Sendable {
        /// How many the user wants.
        public let wanted: Int
        /// Slots that are held.
        public let leased: Int
        /// Workers with a daemon that is ready.
        public let registered: Int

        public init(wanted: Int, leased: Int, registered: Int) {
            self.wanted = wanted
            self.leased = leased
            self.registered = registered
        }
    }

    /// A fact for people and clients, such as the address of a scheduler.
    public struct Detail: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public let masterJobID: MasterJobID
    /// Raised with every advertisement: a publisher sends each once.
    public let order: AdvertisementOrder
    /// The parameters of the datagram; empty while nothing is to be sent.
    public let parameters: [Advertisement.Parameter]
    public let phase: Phase
    public let workers: Workers
    public let details: [Detail]

    public init(
        masterJobID: MasterJobID, order: AdvertisementOrder, parameters: [Advertisement.Parameter], phase: Phase,
        workers: Workers, details: [Detail]
    ) {
        self.masterJobID = masterJobID
        self.order = order
        self.parameters = parameters
        self.phase = phase
        self.workers = workers
        self.details = details
    }

    /// The value of a detail; `nil` without it.
    public func detail(_ name: String) -> String? {
        self.details.first { $0.name == name }?.value
    }
}

extension MasterStatus {
    /// The document in the file. Numbers of 64 bits are strings: readers of JSON may have doubles only.
    package var document: JSONValue {
        .object([
            JSONValue.Member(name: "masterJobId", value: .string(self.masterJobID.description)),
            JSONValue.Member(name: "phase", value: .string(self.phase.rawValue)),
            JSONValue.Member(name: "epoch", value: .string(String(self.order.epoch))),
            JSONValue.Member(name: "sequence", value: .string(String(self.order.sequence))),
            JSONValue.Member(name: "advertisement", value: .array(self.parameters.map(\.document))),
            JSONValue.Member(
                name: "workers",
                value: .object([
                    JSONValue.Member(name: "wanted", value: .integer(Int64(self.workers.wanted))),
                    JSONValue.Member(name: "leased", value: .integer(Int64(self.workers.leased))),
                    JSONValue.Member(name: "registered", value: .integer(Int64(self.workers.registered))),
                ])),
            JSONValue.Member(
                name: "details",
                value: .object(self.details.map { JSONValue.Member(name: $0.name, value: .string($0.value)) })),
        ])
    }

    /// - Throws: ``ValueError`` that names the member that is wrong.
    package init(document: JSONValue) throws(ValueError) {
        guard let phase = document["phase"]?.string.flatMap({ Phase(rawValue: $0) }),
            let epoch = document["epoch"]?.string.flatMap({ UInt64($0) }),
            let sequence = document["sequence"]?.string.flatMap({ UInt64($0) }),
            let parameters = document["advertisement"]?.array, let workers = document["workers"]
        else {
            throw ValueError("status file", "expected phase, epoch, sequence, advertisement and workers")
        }
        var advertisement: [Advertisement.Parameter] = []
        for parameter in parameters {
            advertisement.append(try Advertisement.Parameter(document: parameter))
        }
        let details = document["details"]?.members ?? []
        self.init(
            masterJobID: try MasterJobID(parsing: document["masterJobId"]?.string ?? ""),
            order: AdvertisementOrder(epoch: epoch, sequence: sequence), parameters: advertisement, phase: phase,
            workers: Workers(
                wanted: Int(clamping: workers["wanted"]?.integer ?? 0),
                leased: Int(clamping: workers["leased"]?.integer ?? 0),
                registered: Int(clamping: workers["registered"]?.integer ?? 0)),
            details: details.compactMap { member in
                member.value.string.map { Detail(name: member.name, value: $0) }
            })
    }
}

extension Advertisement.Parameter {
    fileprivate var document: JSONValue {
        let (type, value): (String, JSONValue) =
            switch self.value {
            case .string(let text): ("string", .string(text))
            case .int32(let number): ("int32", .integer(Int64(number)))
            case .real64(let number): ("real64", .number(number))
            }
        return .object([
            JSONValue.Member(name: "name", value: .string(self.name)),
            JSONValue.Member(name: "type", value: .string(type)),
            JSONValue.Member(name: "value", value: value),
        ])
    }

    fileprivate init(document: JSONValue) throws(ValueError) {
        guard let name = document["name"]?.string, let type = document["type"]?.string,
            let value = document["value"]
        else {
            throw ValueError("advertisement", "expected name, type and value of each parameter")
        }
        switch type {
        case "string":
            guard let text = value.string else { throw ValueError(name, "expected a string") }
            self.init(name: name, value: .string(text))
        case "int32":
            guard let number = value.integer.flatMap({ Int32(exactly: $0) }) else {
                throw ValueError(name, "expected a whole number of 32 bits")
            }
            self.init(name: name, value: .int32(number))
        case "real64":
            guard let number = value.number else { throw ValueError(name, "expected a number") }
            self.init(name: name, value: .real64(number))
        default:
            throw ValueError(name, found: type, expected: "string, int32 or real64 as its type")
        }
    }
}
