import ApMon
import PoDCore

extension DatagramJSON {
    /// Why a `wire` object is no datagram: one line that names the member.
    struct ReadingError: Error, CustomStringConvertible {
        let description: String
    }

    /// The datagram that a `wire` object describes.
    ///
    /// `version`, `password`, `nparams` and `type_code` say nothing that `header`, `params` and `type` don't; where
    /// they are given, they have to agree.
    static func datagram(wire: JSONValue) throws(ReadingError) -> Datagram {
        guard wire.members != nil else {
            throw ReadingError(description: "wire: expected an object")
        }
        let header = DatagramHeader(text: try Self.text("header", of: wire))
        for (name, part) in [("version", header.version), ("password", header.password)] where wire[name] != nil {
            guard let part, try Self.text(name, of: wire) == part else {
                throw ReadingError(description: "\(name): the header says otherwise")
            }
        }
        var parameters: [DatagramParameter] = []
        guard let list = wire["params"]?.array else {
            throw ReadingError(description: "params: expected an array")
        }
        for (index, parameter) in list.enumerated() {
            do {
                parameters.append(try Self.parameter(parameter))
            } catch {
                throw ReadingError(description: "params[\(index)] \(error.description)")
            }
        }
        if let count = wire["nparams"], count.integer != Int64(parameters.count) {
            throw ReadingError(description: "nparams: expected \(parameters.count), as many as there are params")
        }
        let instanceID: UInt32? = try Self.optionalInteger("instance_id", of: wire)
        let datagram = Datagram(
            header: header, instanceID: instanceID.map(Int32.init(bitPattern:)),
            sequenceNumber: try Self.optionalInteger("seq", of: wire),
            cluster: wire["cluster"] == nil && header.version == nil
                ? header.text : try Self.text("cluster", of: wire),
            node: try Self.text("node", of: wire), parameters: parameters,
            time: try Self.optionalInteger("time", of: wire),
            trailing: wire["trailing_hex"] == nil ? [] : try Self.bytes("trailing_hex", of: wire))
        // Members that the header's version has no room for, or fewer than it asks for, would be read as others.
        guard (try? Datagram(decoding: datagram.encoded())) == datagram else {
            throw ReadingError(
                description: "wire: instance_id, seq, cluster, time or trailing_hex don't fit the version in the header"
            )
        }
        return datagram
    }

    private static func parameter(_ wire: JSONValue) throws(ReadingError) -> DatagramParameter {
        let value: DatagramParameter.Value
        switch wire["type"]?.string {
        case "string":
            value = .string(try Self.text("value", of: wire))
        case "int32":
            value = .int32(try Self.integer("value", of: wire))
        case "int64":
            value = .int64(try Self.integer("value", of: wire))
        case "real32":
            if let bits: UInt32 = try Self.bits(of: wire) {
                value = .real32(bits: bits)
            } else {
                value = .real32(Float(try Self.real(wire)))
            }
        case "real64":
            if let bits: UInt64 = try Self.bits(of: wire) {
                value = .real64(bits: bits)
            } else {
                value = .real64(try Self.real(wire))
            }
        default:
            throw ReadingError(description: "type: expected string, int32, int64, real32 or real64")
        }
        if let code = wire["type_code"], code.integer != Int64(value.typeCode) {
            throw ReadingError(description: "type_code: expected \(value.typeCode), for \(value.typeName)")
        }
        return DatagramParameter(name: try Self.text("name", of: wire), value: value)
    }

    private static func text(_ name: String, of wire: JSONValue) throws(ReadingError) -> DatagramText {
        if wire["\(name)_hex"] != nil {
            return DatagramText(bytes: try Self.bytes("\(name)_hex", of: wire))
        }
        guard let text = wire[name]?.string else {
            throw ReadingError(description: "\(name): expected a string, or \(name)_hex")
        }
        return DatagramText(text)
    }

    private static func bytes(_ name: String, of wire: JSONValue) throws(ReadingError) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = (wire[name]?.string ?? "?")[...]
        while !rest.isEmpty {
            let pair = rest.prefix(2)
            guard pair.count == 2, pair.allSatisfy({ $0.isASCII && $0.isHexDigit }), let byte = UInt8(pair, radix: 16)
            else {
                throw ReadingError(description: "\(name): expected pairs of hexadecimal digits")
            }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private static func bits<Word: FixedWidthInteger>(of wire: JSONValue) throws(ReadingError) -> Word? {
        guard wire["bits"] != nil else { return nil }
        let bytes = try Self.bytes("bits", of: wire)
        guard bytes.count == Word.bitWidth / 8 else {
            throw ReadingError(description: "bits: expected \(Word.bitWidth / 4) hexadecimal digits")
        }
        return bytes.reduce(0) { $0 << 8 | Word($1) }
    }

    private static func real(_ wire: JSONValue) throws(ReadingError) -> Double {
        switch (wire["value"]?.number, wire["value"]?.string) {
        case (let number?, _): return number
        case (_, "NaN"): return .nan
        case (_, "Infinity"): return .infinity
        case (_, "-Infinity"): return -.infinity
        default: throw ReadingError(description: "value: expected a number, \"NaN\", \"Infinity\" or \"-Infinity\"")
        }
    }

    private static func integer<Number: FixedWidthInteger>(
        _ name: String, of wire: JSONValue
    ) throws(ReadingError) -> Number {
        guard let number = wire[name]?.integer.flatMap({ Number(exactly: $0) }) else {
            throw ReadingError(description: "\(name): expected a whole number from \(Number.min) to \(Number.max)")
        }
        return number
    }

    /// - Returns: `nil` where there is none, or `null`.
    private static func optionalInteger<Number: FixedWidthInteger>(
        _ name: String, of wire: JSONValue
    ) throws(ReadingError) -> Number? {
        guard let value = wire[name], value != .null else { return nil }
        return try Self.integer(name, of: wire)
    }
}
