/// What was read of a datagram: all of it, or everything before the place where it is malformed.
public struct PartialDatagram: Sendable {
    public private(set) var header: DatagramHeader?
    public private(set) var instanceID: Int32?
    public private(set) var sequenceNumber: Int32?
    public private(set) var cluster: DatagramText?
    public private(set) var node: DatagramText?
    /// How many parameters the datagram announces.
    public private(set) var parameterCount: Int32?
    public private(set) var parameters: [DatagramParameter] = []
    public private(set) var time: Int32?
    public private(set) var trailing: [UInt8] = []
    /// Why reading stopped; `nil` when the datagram is well formed.
    public private(set) var error: DatagramError?

    public init(decoding bytes: [UInt8]) {
        do throws(DatagramError) {
            try self.decode(bytes.span)
        } catch {
            self.error = error
        }
    }

    private mutating func decode(_ bytes: Span<UInt8>) throws(DatagramError) {
        var reader = XDRReader()
        let header = DatagramHeader(text: try reader.string("header", in: bytes))
        self.header = header
        if header.hasSequence {
            self.instanceID = try reader.int32("instance id", in: bytes)
            self.sequenceNumber = try reader.int32("sequence", in: bytes)
        }
        self.cluster = header.isCluster ? header.text : try reader.string("cluster", in: bytes)
        self.node = try reader.string("node", in: bytes)
        let count = try reader.int32("param count", in: bytes)
        self.parameterCount = count
        guard count >= 0 else {
            throw DatagramError(
                field: "param count", offset: reader.offset &- 4, message: "negative param count \(count)")
        }
        var index: Int32 = 0
        while index < count {
            self.parameters.append(try Self.parameter(index, from: &reader, in: bytes))
            index &+= 1
        }
        // Whatever the version: whether a time counts is for the receiver to say.
        if bytes.count &- reader.offset >= 4 {
            self.time = try reader.int32("time", in: bytes)
        }
        self.trailing = reader.rest(of: bytes)
    }

    private static func parameter(
        _ index: Int32, from reader: inout XDRReader, in bytes: Span<UInt8>
    ) throws(DatagramError) -> DatagramParameter {
        let name = try reader.string("param \(index) name", in: bytes)
        let typeOffset = reader.offset
        let typeCode = try reader.int32("param \(index) type", in: bytes)
        let value: DatagramParameter.Value
        switch typeCode {
        case 0: value = .string(try reader.string("param \(index) value", in: bytes))
        case 2: value = .int32(try reader.int32("param \(index) value", in: bytes))
        case 3: value = .int64(Int64(bitPattern: try reader.word64("param \(index) value", in: bytes)))
        case 4: value = .real32(bits: UInt32(bitPattern: try reader.int32("param \(index) value", in: bytes)))
        case 5: value = .real64(bits: try reader.word64("param \(index) value", in: bytes))
        default:
            throw DatagramError(
                field: "param \(index)", offset: typeOffset, problem: "unknown type \(typeCode)")
        }
        return DatagramParameter(name: name, value: value)
    }
}
