/// A destination, a configuration or a message that can't be used: one line that names it.
public struct ApMonError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
