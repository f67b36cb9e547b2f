/// A message made ready for sending: the part of its datagrams that is the same for every destination and every time.
public struct ApMonMessage: Hashable, Sendable {
    /// The largest datagram, in bytes, unless another limit is given: what ApMon's C senders keep to.
    public static let largestDatagram = 8192
    /// What a sender adds before the body at the most: a header with version and password, instance id and sequence
    /// number.
    static let reservedForHeader = 128

    /// The bytes from the cluster on, one body for each datagram.
    let bodies: [[UInt8]]

    /// Splits the parameters over as many datagrams as are needed; a parameter is never cut.
    ///
    /// - Parameters:
    ///   - time: Seconds since 1970; `nil` lets the receiver stamp it.
    ///   - largestDatagram: In bytes, header and all.
    /// - Throws: ``ApMonError`` for no parameters at all, or for one that is too large alone.
    public init(
        cluster: String, node: String, parameters: [DatagramParameter], time: Int32? = nil,
        largestDatagram: Int = ApMonMessage.largestDatagram
    ) throws(ApMonError) {
        guard !parameters.isEmpty else {
            throw ApMonError("message for cluster \(cluster), node \(node): no parameters")
        }
        var names = XDRWriter()
        names.append(DatagramText(cluster))
        names.append(DatagramText(node))
        let space =
            max(0, largestDatagram) &- Self.reservedForHeader &- names.bytes.count &- 4 &- (time == nil ? 0 : 4)
        var bodies: [[UInt8]] = []
        var part = XDRWriter()
        part.bytes.reserveCapacity(512)
        var count: Int32 = 0
        for parameter in parameters {
            let start = part.bytes.count
            part.append(parameter)
            guard part.bytes.count &- start <= space else {
                throw ApMonError(
                    "parameter \(parameter.name.repairedText.prefix(80)): too large for a datagram of "
                        + "\(largestDatagram) bytes")
            }
            if count > 0, part.bytes.count > space {
                bodies.append(Self.body(names, count, XDRWriter(bytes: Array(part.bytes.prefix(start))), time))
                part = XDRWriter(bytes: Array(part.bytes.dropFirst(start)))
                count = 0
            }
            count &+= 1
        }
        bodies.append(Self.body(names, count, part, time))
        self.bodies = bodies
    }

    private static func body(_ names: XDRWriter, _ count: Int32, _ parameters: XDRWriter, _ time: Int32?) -> [UInt8] {
        var body = XDRWriter()
        body.bytes.reserveCapacity(names.bytes.count &+ parameters.bytes.count &+ 8)
        body.bytes.append(contentsOf: names.bytes)
        body.append(count)
        body.bytes.append(contentsOf: parameters.bytes)
        if let time {
            body.append(time)
        }
        return body.bytes
    }
}
