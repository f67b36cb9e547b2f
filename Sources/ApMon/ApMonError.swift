/// A destination, a configuration or a message that can't be used: one line that names it.
public struct ApMonError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension StringProtocol {
    /// With a question mark for each character that is not printable ASCII, for a message.
    var printable: String {
        String(self.unicodeScalars.map { $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?" })
    }
}
