/// Where and why a datagram is malformed.
public struct DatagramError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field that could not be read, such as `node` or `param 1 value length`.
    public let field: String
    /// The byte at which it begins.
    public let offset: Int
    /// One line that names the field and, where bytes are missing, the offset.
    public let description: String

    init(field: String, offset: Int, problem: String) {
        self.init(field: field, offset: offset, message: "\(field): \(problem)")
    }

    init(field: String, offset: Int, message: String) {
        self.field = field
        self.offset = offset
        self.description = message
    }
}
