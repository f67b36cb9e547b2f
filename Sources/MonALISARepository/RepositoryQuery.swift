public import PoDCore

/// A question to a repository's `/rest/` interface: the latest values of the series that match.
///
/// Names may hold `*` for any characters. The interface is described in `docs/monalisa-rest-client.md`.
public struct RepositoryQuery: Hashable, Sendable {
    public let farm: String
    public let cluster: String
    public let node: String
    /// How old and how young a value may be, in milliseconds from now; negative is past. `nil` for any age.
    public let window: Window?
    public let parameters: [String]
    /// Which values; empty for all.
    public let condition: String

    public struct Window: Hashable, Sendable {
        public let oldest: Int64
        public let youngest: Int64

        public init(oldest: Int64, youngest: Int64) {
            self.oldest = oldest
            self.youngest = youngest
        }

        /// The last minute, in which an advertisement counts.
        public static let advertisements = Window(oldest: -60_000, youngest: -1)
    }

    /// - Throws: ``ValueError`` for a name that is empty or that no path can hold: a `/`, a control character, `.` or
    ///   `..`; or for a parameter with a `|`, which separates them.
    public init(
        farm: String = "*", cluster: String, node: String = "*", window: Window? = nil, parameters: [String],
        condition: String = ""
    ) throws(ValueError) {
        for (what, name) in [("farm", farm), ("cluster", cluster), ("node", node)] {
            try Self.check(what, name)
        }
        guard !parameters.isEmpty else {
            throw ValueError("parameters", "expected at least one")
        }
        for parameter in parameters {
            try Self.check("parameter", parameter)
            guard !parameter.utf8.contains(UInt8(ascii: "|")) else {
                throw ValueError("parameter", found: parameter, expected: "a name without |")
            }
        }
        if !condition.isEmpty {
            try Self.check("condition", condition)
        }
        self.farm = farm
        self.cluster = cluster
        self.node = node
        self.window = window
        self.parameters = parameters
        self.condition = condition
    }

    private init(unchecked parameters: [String]) {
        self.farm = "*"
        self.cluster = Advertisement.cluster
        self.node = "*"
        self.window = .advertisements
        self.parameters = parameters
        self.condition = ""
    }

    /// All masters that advertised themselves in the last minute.
    public static let masters = RepositoryQuery(unchecked: Advertisement.parameterNames)

    /// The same of the original design, which knew the address alone.
    public static let masterAddresses = RepositoryQuery(unchecked: ["Address"])

    /// The URL to get.
    public func url(at base: RepositoryURL) -> String {
        var path = [self.farm, self.cluster, self.node]
        let parameters = self.parameters.joined(separator: "|")
        if let window {
            path += [String(window.oldest), String(window.youngest)]
        } else if Int64(parameters) != nil, Int64(self.condition) != nil {
            // Two whole numbers here would be taken for a window; this one means any age.
            path += ["0", "0"]
        }
        path.append(parameters)
        if !self.condition.isEmpty {
            path.append(self.condition)
        }
        return base.description + "/rest/" + path.map(Self.percentEncoded).joined(separator: "/")
    }

    private static func check(_ what: String, _ name: String) throws(ValueError) {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }) else {
            throw ValueError(what, found: name, expected: "a name without / and control characters")
        }
        guard name != ".", name != ".." else {
            throw ValueError(what, found: name, expected: "a name that is no step in a path")
        }
    }

    /// What RFC 3986 allows in a path segment stays as it is, but `;`, which a servlet container cuts off.
    private static func percentEncoded(_ segment: String) -> String {
        var encoded = ""
        for byte in Array(segment.utf8) {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
                UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","),
                UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "@"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += byte < 0x10 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
