/// What a MonALISA receiver makes of a well-formed datagram: a cluster, a node, and values with one time.
///
/// Follows `monXDRUDP.notifyData` of MonALISA: strings are trimmed and blank ones left out, every number becomes a
/// double, a parameter without a name ends the list, a time that is not positive stands for the receiver's clock.
public struct ReceivedReport: Hashable, Sendable {
    public let cluster: String
    public let node: String
    public let values: [NamedValue]
    /// Seconds since 1970 as the sender gave them; `nil` for the time of arrival.
    public let time: Int32?

    /// The longest string that the receiver takes, in bytes.
    private static let longestString = 32_767

    public struct NamedValue: Hashable, Sendable {
        public let name: String
        public let value: Value
    }

    public enum Value: Hashable, Sendable {
        case number(Double)
        case string(String)
    }

    /// - Parameter password: The password that the header must carry; `nil` when any will do, or none.
    /// - Returns: `nil` when the receiver drops it: the password is wrong, or a string longer than it takes.
    public init?(_ datagram: Datagram, password: String? = nil) {
        if let password, datagram.header.password.map({ $0.bytes.elementsEqual(password.utf8) }) != true {
            return nil
        }
        let named = datagram.parameters.prefix { !$0.name.bytes.isEmpty }
        guard Self.fits(datagram.header.text), Self.fits(datagram.cluster), Self.fits(datagram.node),
            named.allSatisfy({ Self.fits($0.name) && ($0.value.string.map(Self.fits) ?? true) })
        else {
            return nil
        }
        self.cluster = datagram.cluster.repairedText
        self.node = datagram.node.repairedText
        self.values = named.compactMap(Self.value)

        // After a nameless parameter, and where fewer than four bytes are left, the receiver reads what stands there.
        var time = datagram.time
        if let nameless = datagram.parameters.dropFirst(named.count).first {
            time = nameless.value.typeCode
        } else if time == nil, !datagram.trailing.isEmpty {
            time = Self.time(fromRest: datagram.trailing)
        }
        self.time = datagram.header.hasTime ? time.flatMap { $0 > 0 ? $0 : nil } : nil
    }

    private static func fits(_ text: DatagramText) -> Bool { text.bytes.count <= Self.longestString }

    private static func time(fromRest bytes: [UInt8]) -> Int32 {
        var word: UInt32 = 0
        for byte in (bytes + [0, 0, 0, 0]).prefix(4) {
            word = word << 8 | UInt32(byte)
        }
        return Int32(bitPattern: word)
    }

    private static func value(_ parameter: DatagramParameter) -> NamedValue? {
        let value: Value
        switch parameter.value {
        case .string(let text):
            let trimmed = text.trimmed
            guard !trimmed.isEmpty else { return nil }
            value = .string(String(decoding: trimmed, as: UTF8.self))
        case .int32(let number): value = .number(Double(number))
        case .int64(let number): value = .number(Double(number))
        case .real32(let bits): value = .number(Double(Float(bitPattern: bits)))
        case .real64(let bits): value = .number(Double(bitPattern: bits))
        }
        return NamedValue(name: parameter.name.repairedText, value: value)
    }
}
