public import PoDCore

/// A recipe can't run its daemon here: one sentence that names what was wrong, where, and what was expected.
public struct RecipeError: Error, Hashable, Sendable, CustomStringConvertible {
    public let status: ExitStatus
    public let description: String

    public init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}
