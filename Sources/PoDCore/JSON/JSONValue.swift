/// A JSON value, for small documents: a status file, a server info, the payload of a ticket.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// In the order in which the members stand.
    case object([Member])

    public struct Member: Hashable, Sendable {
        public let name: String
        public let value: JSONValue

        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// Reads a whole text.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try bytes.span.bytes.withUnsafeBytes { (bytes) throws(JSONError) in
            var reader = JSONReader(bytes)
            let value = try reader.value()
            try reader.end()
            return value
        }
    }

    // MARK: - Looking inside

    /// The member of this name; `nil` where this is no object or has none.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }

    public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }

    public var bool: Bool? { if case .bool(let isTrue) = self { isTrue } else { nil } }

    public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

    public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// A whole or broken number.
    public var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        case .null, .bool, .string, .array, .object: nil
        }
    }
}
