public import PoDCore

/// The versions of what head, workers and user must have in common, by name: `python`, `dask`, `ROOT`.
public struct Versions: Hashable, Sendable {
    public let values: [String: String]

    public init() {
        self.values = [:]
    }

    /// Checks names and values, which may come over the network and go to terminals and logs.
    ///
    /// - Throws: ``ValueError`` for more than 16 of them, for a name or a value that is empty, longer than 64 bytes, or
    ///   of other characters than letters, digits and `._+~/-`.
    public init(checking values: [String: String]) throws(ValueError) {
        guard values.count <= 16 else {
            throw ValueError("versions", found: String(values.count), expected: "at most 16")
        }
        for text in values.flatMap({ [$0.key, $0.value] }) where !Self.isPlain(text) {
            throw ValueError("versions", found: text, expected: "at most 64 letters, digits and ._+~/-")
        }
        self.values = values
    }

    private static func isPlain(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"),
                    UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
