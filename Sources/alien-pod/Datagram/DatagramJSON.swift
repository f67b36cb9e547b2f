import ApMon
import PoDCore

/// A datagram as JSON: the `wire` object, in which `datagram decode` and `datagram encode` speak.
///
/// Beside a text whose bytes are not all printable ASCII, its bytes stand in hexadecimal as `NAME_hex`; where they are
/// not UTF-8 the text itself is `null`. Beside a real its bits stand as `bits`. When reading, these come first.
/// `instance_id` is without a sign.
enum DatagramJSON {
    // MARK: - From a datagram

    /// What was read of a datagram; what was not reached is left out.
    static func wire(_ datagram: PartialDatagram) -> JSONValue {
        var members: [JSONValue.Member] = []
        if let header = datagram.header {
            members += Self.text("header", header.text)
            if let version = header.version, let password = header.password {
                members += Self.text("version", version) + Self.text("password", password)
            }
        }
        if let instanceID = datagram.instanceID {
            members.append(.init(name: "instance_id", value: .integer(Int64(UInt32(bitPattern: instanceID)))))
        }
        if let sequenceNumber = datagram.sequenceNumber {
            members.append(.init(name: "seq", value: .integer(Int64(sequenceNumber))))
        }
        if let cluster = datagram.cluster {
            members += Self.text("cluster", cluster)
        }
        if let node = datagram.node {
            members += Self.text("node", node)
        }
        if let count = datagram.parameterCount {
            members.append(.init(name: "nparams", value: .integer(Int64(count))))
            members.append(.init(name: "params", value: .array(datagram.parameters.map(Self.parameter))))
        }
        if datagram.error == nil {
            members.append(.init(name: "time", value: datagram.time.map { .integer(Int64($0)) } ?? .null))
        }
        if !datagram.trailing.isEmpty {
            members.append(.init(name: "trailing_hex", value: .string(Self.hex(datagram.trailing))))
        }
        return .object(members)
    }

    private static func parameter(_ parameter: DatagramParameter) -> JSONValue {
        var members = Self.text("name", parameter.name)
        members.append(.init(name: "type", value: .string(parameter.value.typeName)))
        members.append(.init(name: "type_code", value: .integer(Int64(parameter.value.typeCode))))
        switch parameter.value {
        case .string(let text):
            members += Self.text("value", text)
        case .int32(let number):
            members.append(.init(name: "value", value: .integer(Int64(number))))
        case .int64(let number):
            members.append(.init(name: "value", value: .integer(number)))
        case .real32(let bits):
            members.append(.init(name: "bits", value: .string(Self.hex(bits))))
            members.append(.init(name: "value", value: Self.real(Double(Float(bitPattern: bits)))))
        case .real64(let bits):
            members.append(.init(name: "bits", value: .string(Self.hex(bits))))
            members.append(.init(name: "value", value: Self.real(Double(bitPattern: bits))))
        }
        return .object(members)
    }

    private static func text(_ name: String, _ text: DatagramText) -> [JSONValue.Member] {
        let member = JSONValue.Member(name: name, value: text.text.map { .string($0) } ?? .null)
        guard !text.bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return [member] }
        return [member, JSONValue.Member(name: "\(name)_hex", value: .string(Self.hex(text.bytes)))]
    }

    /// JSON has no number for what is not finite.
    private static func real(_ number: Double) -> JSONValue {
        if number.isNaN { return .string("NaN") }
        if number.isInfinite { return .string(number < 0 ? "-Infinity" : "Infinity") }
        return .number(number)
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 0x10 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func hex(_ word: some FixedWidthInteger & UnsignedInteger) -> String {
        withUnsafeBytes(of: word.bigEndian) { Self.hex(Array($0)) }
    }
}
