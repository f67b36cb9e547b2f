import ApMon
import Testing

@Suite struct DatagramFixtureTests {
    @Test func allCasesAreThere() throws {
        #expect(try Fixture.loaded.get().count == 151)
        #expect(Fixture.wellFormed.count == 112)
    }

    @Test(arguments: Fixture.all)
    func decodesToItsWire(_ fixture: Fixture) throws {
        let decoded = PartialDatagram(decoding: fixture.bytes)
        let wire = fixture.wire
        #expect(decoded.error?.description == fixture.wireError)
        #expect(decoded.header?.text.bytes == (try bytes(wire.header, hex: wire.header_hex)))
        #expect(decoded.header?.version?.text == wire.version)
        #expect(decoded.header?.password?.text == wire.password)
        #expect(decoded.instanceID == wire.instance_id.map(Int32.init(bitPattern:)))
        #expect(decoded.sequenceNumber == wire.seq)
        #expect(decoded.cluster?.bytes == (try bytes(wire.cluster, hex: wire.cluster_hex)))
        #expect(decoded.node?.bytes == (try bytes(wire.node, hex: wire.node_hex)))
        #expect(decoded.parameterCount == wire.nparams)
        #expect(decoded.parameters == (try (wire.params ?? []).map(Self.parameter)))
        #expect(decoded.time == wire.time)
        #expect(decoded.trailing == (try bytes(nil, hex: wire.trailing_hex) ?? []))
    }

    @Test(arguments: Fixture.all.filter { $0.wireError != nil })
    func refusesWhatIsMalformed(_ fixture: Fixture) throws {
        let error = try #require(throws: DatagramError.self) { try Datagram(decoding: fixture.bytes) }
        #expect(error.description == fixture.wireError)
        #expect(error.offset >= 0 && error.offset <= fixture.bytes.count)
        #expect(!error.field.isEmpty)
    }

    @Test(arguments: Fixture.wellFormed)
    func encodesToTheSameBytes(_ fixture: Fixture) throws {
        let datagram = try Datagram(decoding: fixture.bytes)
        let encoded = datagram.encoded()
        #expect(try Datagram(decoding: encoded) == datagram)
        if fixture.id == "odd-nonzero-padding" {
            // The padding is not part of the value: ours is zero.
            #expect(encoded.count == fixture.bytes.count)
            #expect(zip(encoded, fixture.bytes).allSatisfy { $0 == $1 || $0 == 0 })
            #expect(encoded != fixture.bytes)
        } else {
            #expect(encoded == fixture.bytes)
        }
    }

    private static func parameter(_ wire: Fixture.Parameter) throws -> DatagramParameter {
        let value: DatagramParameter.Value
        switch (wire.type, wire.value) {
        case ("int32", .integer(let number)?):
            value = .int32(try #require(Int32(exactly: number)))
        case ("int64", .integer(let number)?):
            value = .int64(number)
        case ("real32", _):
            let bits = try #require(wire.bits)
            value = .real32(bits: try #require(UInt32(bits, radix: 16)))
        case ("real64", _):
            let bits = try #require(wire.bits)
            value = .real64(bits: try #require(UInt64(bits, radix: 16)))
        case (_, .text(let text)?):
            value = .string(DatagramText(bytes: try Self.text(text, hex: wire.value_hex)))
        default:
            value = .string(DatagramText(bytes: try Self.text(nil, hex: wire.value_hex)))
        }
        #expect(value.typeName == wire.type)
        #expect(value.typeCode == wire.type_code)
        return DatagramParameter(
            name: DatagramText(bytes: try Self.text(wire.name, hex: wire.name_hex)), value: value)
    }

    private static func text(_ text: String?, hex: String?) throws -> [UInt8] {
        let given = try bytes(text, hex: hex)
        return try #require(given)
    }
}
