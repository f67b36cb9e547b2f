/// What a master says through MonALISA: who it is, where workers connect, how many it wants.
///
/// One advertisement is one ApMon datagram in cluster ``cluster``, with the MasterJobId as its node and no time of
/// its own: the receiver stamps it, for a fast clock would push it out of the repository's window.
public struct Advertisement: Hashable, Sendable {
    /// The MonALISA cluster of all advertisements.
    public static let cluster = "PoD_Masters"
    /// The largest datagram, in bytes: a fragmented one gets lost.
    public static let largestDatagram = 1400
    /// The most slots that one master may want.
    public static let mostWanted = 1_000_000

    public let masterJobID: MasterJobID
    public let address: Address
    /// Free slots, 1 to ``mostWanted``.
    public let wanted: Int
    /// The part of the watchers that should claim, above 0 and at most 1; `nil` when every watcher should.
    public let share: Double?
    public let sessionProtocol: SessionProtocol
    /// The master's own count; `nil` from a publisher that keeps none.
    public let order: AdvertisementOrder?
    /// The key by which workers know the master; `nil` from a publisher that does not know it.
    public let key: MasterKey?

    public init(
        masterJobID: MasterJobID, address: Address, wanted: Int, share: Double? = nil,
        sessionProtocol: SessionProtocol = .alienPoD1, order: AdvertisementOrder? = nil, key: MasterKey? = nil
    ) throws(ValueError) {
        guard wanted >= 1, wanted <= Self.mostWanted else {
            throw ValueError("Wanted", found: String(wanted), expected: "a number from 1 to \(Self.mostWanted)")
        }
        if let share {
            guard share > 0, share <= 1 else {
                throw ValueError("Share", found: String(share), expected: "a number above 0 and at most 1")
            }
        }
        self.masterJobID = masterJobID
        self.address = address
        self.wanted = wanted
        self.share = share
        self.sessionProtocol = sessionProtocol
        self.order = order
        self.key = key
    }

    /// The parameters of the datagram, the needed ones first.
    ///
    /// - Parameter secondsSince1970: The `Timestamp`, for people and plots; `nil` leaves it out.
    public func parameters(secondsSince1970: Double?) -> [Parameter] {
        var parameters = [
            Parameter(name: "Address", value: .string(self.address.description)),
            Parameter(name: "Wanted", value: .int32(Int32(truncatingIfNeeded: self.wanted))),
            Parameter(name: "Protocol", value: .string(self.sessionProtocol.rawValue)),
        ]
        parameters += self.orderParameters
        if let key {
            parameters.append(Parameter(name: "Key", value: .string(key.description)))
        }
        if let share {
            parameters.append(Parameter(name: "Share", value: .real64(share)))
        }
        if let secondsSince1970 {
            parameters.append(Parameter(name: "Timestamp", value: .real64(secondsSince1970)))
        }
        parameters.append(Parameter(name: "Host", value: .string(self.address.host)))
        parameters.append(Parameter(name: "Port", value: .int32(Int32(self.address.port))))
        return parameters
    }

    /// The parameters of a withdrawal, which says that the master has enough workers: `Wanted` 0 and no `Address`.
    public func withdrawalParameters() -> [Parameter] {
        [
            Parameter(name: "Wanted", value: .int32(0)),
            Parameter(name: "Protocol", value: .string(self.sessionProtocol.rawValue)),
        ] + self.orderParameters
    }

    private var orderParameters: [Parameter] {
        self.order.map { [Parameter(name: "Sequence", value: .string($0.description))] } ?? []
    }

    /// One parameter of an advertisement, of a type that MonALISA knows.
    public struct Parameter: Hashable, Sendable {
        public let name: String
        public let value: Value

        public init(name: String, value: Value) {
            self.name = name
            self.value = value
        }

        public enum Value: Hashable, Sendable {
            case string(String)
            case int32(Int32)
            case real64(Double)
        }
    }

    /// The parameters to ask a repository for.
    public static let parameterNames = ["Address", "Wanted", "Share", "Protocol", "Sequence", "Key", "Ticket", "Proof"]
}
