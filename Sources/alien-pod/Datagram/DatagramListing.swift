import ApMon
import PoDCore

/// A datagram for people: a line for each field, the parameters in columns.
struct DatagramListing {
    let datagram: PartialDatagram

    func lines(file: String, size: Int) -> [String] {
        var lines = ["\(file): \(size) \(size == 1 ? "byte" : "bytes")"]
        func add(_ label: String, _ value: String?) {
            guard let value else { return }
            lines.append("  \(Self.pad(label, to: 12)) \(value)")
        }
        add("header", self.datagram.header.map { Self.quoted($0.text) })
        add("version", self.datagram.header?.version.map { Self.quoted($0) })
        add("password", self.datagram.header?.password.map { $0.bytes.isEmpty ? "none" : Self.quoted($0) })
        add("instance id", self.datagram.instanceID.map { "\(UInt32(bitPattern: $0))" })
        add("sequence", self.datagram.sequenceNumber.map { "\($0)" })
        add("cluster", self.datagram.cluster.map { Self.quoted($0) })
        add("node", self.datagram.node.map { Self.quoted($0) })
        add("parameters", self.datagram.parameterCount.map { "\($0)" })
        let names = self.datagram.parameters.map { Self.quoted($0.name) }
        let width = min(names.map(\.count).max() ?? 0, 40)
        for (name, parameter) in zip(names, self.datagram.parameters) {
            let type = Self.pad(parameter.value.typeName, to: 6)
            lines.append("    \(Self.pad(name, to: width))  \(type)  \(Self.value(parameter.value))")
        }
        if self.datagram.error == nil {
            add("time", self.datagram.time.map { "\($0) s since 1970" } ?? "none: the receiver's clock")
        }
        if !self.datagram.trailing.isEmpty {
            add("trailing", "\(self.datagram.trailing.count) bytes: \(DatagramJSON.hex(self.datagram.trailing))")
        }
        add("malformed", self.datagram.error.map { "\($0)" })
        return lines
    }

    private static func value(_ value: DatagramParameter.Value) -> String {
        switch value {
        case .string(let text): Self.quoted(text)
        case .int32(let number): "\(number)"
        case .int64(let number): "\(number)"
        case .real32(let bits): "\(Float(bitPattern: bits))"
        case .real64(let bits): "\(Double(bitPattern: bits))"
        }
    }

    /// A sender chooses these bytes: what a terminal would obey is shown, not obeyed.
    private static func quoted(_ text: DatagramText) -> String {
        guard let valid = text.text else { return "bytes \(DatagramJSON.hex(text.bytes))" }
        var shown = "\""
        for scalar in valid.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                shown += scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : "\(scalar)"
            }
        }
        return shown + "\""
    }

    private static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
