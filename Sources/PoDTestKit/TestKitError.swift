/// Why a test could not do what it set out to: one sentence.
public struct TestKitError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
