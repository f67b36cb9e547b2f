/// The order of answers: Java's order of texts, by UTF-16 units.
package struct NameOrder: Hashable, Comparable, Sendable {
    // One more than the unit, so that 0 ends a name before any other unit does.
    private let units: [UInt32]

    /// Orders by each name in turn, ignoring case as `String.compareToIgnoreCase` does.
    package init(ignoringCaseOf names: [String]) {
        var units: [UInt32] = []
        for name in names {
            if name.utf8.allSatisfy({ $0 < 0x80 }) {
                units.append(contentsOf: name.utf8.lazy.map { UInt32(Self.folded($0)) + 1 })
            } else {
                for scalar in name.unicodeScalars {
                    units.append(contentsOf: UTF16.encode(Self.folded(scalar))?.map { UInt32($0) + 1 } ?? [])
                }
            }
            units.append(0)
        }
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
