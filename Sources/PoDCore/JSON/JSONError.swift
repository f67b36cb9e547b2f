/// Where a text is no JSON, or not the JSON that was asked for.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The byte at which it was seen.
    public let offset: Int
    public let problem: String

    public init(offset: Int, _ problem: String) {
        self.offset = offset
        self.problem = problem
    }

    public var description: String { "JSON, byte \(self.offset): \(self.problem)" }
}
