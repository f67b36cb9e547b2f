/// One ApMon message: what a UDP datagram to a MonALISA receiver says.
///
/// The layout, XDR (RFC 4506) throughout, is described in `docs/apmon-datagram.md`.
public struct Datagram: Hashable, Sendable {
    public var header: DatagramHeader
    /// Names the sender, as a process. Present from version 2.2 on.
    public var instanceID: Int32?
    /// Counts the sender's datagrams. Present from version 2.2 on.
    public var sequenceNumber: Int32?
    public var cluster: DatagramText
    public var node: DatagramText
    public var parameters: [DatagramParameter]
    /// Seconds since 1970, if the sender gave a time.
    public var time: Int32?
    /// Bytes after the end. Some senders leave them by mistake.
    public var trailing: [UInt8]

    public init(
        header: DatagramHeader, instanceID: Int32?, sequenceNumber: Int32?, cluster: DatagramText, node: DatagramText,
        parameters: [DatagramParameter], time: Int32? = nil, trailing: [UInt8] = []
    ) {
        self.header = header
        self.instanceID = instanceID
        self.sequenceNumber = sequenceNumber
        self.cluster = cluster
        self.node = node
        self.parameters = parameters
        self.time = time
        self.trailing = trailing
    }

    /// Decodes a whole datagram.
    ///
    /// - Throws: ``DatagramError``, which names offset and field, for anything malformed.
    public init(decoding bytes: [UInt8]) throws(DatagramError) {
        let decoded = PartialDatagram(decoding: bytes)
        if let error = decoded.error {
            throw error
        }
        guard let header = decoded.header, let cluster = decoded.cluster, let node = decoded.node else {
            throw DatagramError(field: "datagram", offset: bytes.count, problem: "incomplete")
        }
        self.init(
            header: header, instanceID: decoded.instanceID, sequenceNumber: decoded.sequenceNumber, cluster: cluster,
            node: node, parameters: decoded.parameters, time: decoded.time, trailing: decoded.trailing)
    }
}

/// One named value.
public struct DatagramParameter: Hashable, Sendable {
    public var name: DatagramText
    public var value: Value

    public init(name: DatagramText, value: Value) {
        self.name = name
        self.value = value
    }

    /// A value of one of the types that a receiver knows.
    ///
    /// Reals are kept as their bits, so that every NaN comes out as it went in.
    public enum Value: Hashable, Sendable {
        case string(DatagramText)
        case int32(Int32)
        case int64(Int64)
        case real32(bits: UInt32)
        case real64(bits: UInt64)

        public static func real64(_ number: Double) -> Value { .real64(bits: number.bitPattern) }
        public static func real32(_ number: Float) -> Value { .real32(bits: number.bitPattern) }

        /// The text of a string.
        var string: DatagramText? { if case .string(let text) = self { text } else { nil } }

        /// The code on the wire.
        public var typeCode: Int32 {
            switch self {
            case .string: 0
            case .int32: 2
            case .int64: 3
            case .real32: 4
            case .real64: 5
            }
        }

        /// The name of the type, as in `docs/apmon-datagram.md`.
        public var typeName: String {
            switch self {
            case .string: "string"
            case .int32: "int32"
            case .int64: "int64"
            case .real32: "real32"
            case .real64: "real64"
            }
        }
    }
}
