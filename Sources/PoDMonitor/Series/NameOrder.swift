/// The order of answers: Java's order of texts, by UTF-16 units.
package struct NameOrder: Hashable, Comparable, Sendable {
    // One more than the unit, so that 0 ends a name before any other unit does.
    private let units: [UInt32]

    /// Orders by each name in turn, ignoring case as `String.compareToIgnoreCase` does, and then by time.
    package init(ignoringCaseOf names: [String], time: Int64 = 0) {
        var units: [UInt32] = []
        units.reserveCapacity(names.reduce(names.count + 2) { $0 + $1.utf8.count })
        for name in names {
            for scalar in name.unicodeScalars {
                if scalar.isASCII {
                    units.append(UInt32(Self.folded(UInt8(truncatingIfNeeded: scalar.value))) + 1)
                } else {
                    for unit in UTF16.encode(Self.folded(scalar)).map(Array.init) ?? [] {
                        units.append(UInt32(unit) + 1)
                    }
                }
            }
            units.append(0)
        }
        // So that a negative time comes before a positive one.
        let moment = UInt64(bitPattern: time) ^ 1 << 63
        units.append(UInt32(truncatingIfNeeded: moment >> 32))
        units.append(UInt32(truncatingIfNeeded: moment))
        self.units = units
    }

    /// Orders by the names joined with `/`, with their case.
    package init(joining names: [String]) {
        self.units = names.joined(separator: "/").utf16.map(UInt32.init)
    }

    package static func < (lhs: NameOrder, rhs: NameOrder) -> Bool {
        lhs.units.lexicographicallyPrecedes(rhs.units)
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// To upper case and then to lower, where that leaves one character: Java folds unit by unit.
    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard scalar.value < 0x1_0000 else { return scalar }
        let upper = Self.only(scalar.properties.uppercaseMapping) ?? scalar
        return Self.only(upper.properties.lowercaseMapping) ?? upper
    }

    private static func only(_ text: String) -> Unicode.Scalar? {
        text.unicodeScalars.count == 1 ? text.unicodeScalars.first : nil
    }
}
