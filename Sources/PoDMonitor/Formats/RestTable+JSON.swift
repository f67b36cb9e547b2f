extension RestTable {
    /// An object with the array `results`; each value is a string, numbers and times too. In bytes, for this is what
    /// watchers ask for, ten thousand rows at a time.
    package var json: [UInt8] {
        var body = Array("{\"results\":[".utf8)
        let names = self.columns.map { Array("\"\($0)\":\"".utf8) }
        for (index, row) in self.rows.enumerated() {
            body.append(contentsOf: (index == 0 ? "\n{" : ",\n{").utf8)
            for (column, field) in zip(names, row).enumerated() {
                if column > 0 {
                    body.append(UInt8(ascii: ","))
                }
                body.append(contentsOf: field.0)
                Self.appendEscaped(field.1, to: &body)
                body.append(UInt8(ascii: "\""))
            }
            body.append(UInt8(ascii: "}"))
        }
        body.append(contentsOf: "\n]}".utf8)
        return body
    }

    /// With `/` escaped too, and everything beyond ASCII as UTF-16 units.
    private static func appendEscaped(_ field: String, to body: inout [UInt8]) {
        for scalar in field.unicodeScalars {
            switch scalar {
            case "\"", "\\", "/":
                body.append(UInt8(ascii: "\\"))
                body.append(UInt8(truncatingIfNeeded: scalar.value))
            case " "..."\u{7E}": body.append(UInt8(truncatingIfNeeded: scalar.value))
            case "\t": body.append(contentsOf: "\\t".utf8)
            case "\n": body.append(contentsOf: "\\n".utf8)
            case "\r": body.append(contentsOf: "\\r".utf8)
            default:
                for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
                    let digits = String(unit, radix: 16)
                    let zeros = String(repeating: "0", count: 4 - digits.count)
                    body.append(contentsOf: "\\u\(zeros)\(digits)".utf8)
                }
            }
        }
    }
}
