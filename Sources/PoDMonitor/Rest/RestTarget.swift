/// A request target as it stands in the request line, taken apart and decoded.
///
/// Follows what Tomcat does before the servlet sees the path: path parameters (`;…`) go, escapes are decoded, `//`,
/// `/.` and `/..` are resolved. A `+` stays a plus.
package struct RestTarget: Hashable, Sendable {
    /// The longest target, in bytes; Tomcat takes 8192 for the whole head.
    package static let longest = 8192

    /// What is wrong with a target.
    package enum Problem: Error, Hashable, Sendable {
        case tooLong
        /// An escape that is none, an escaped `/`, a NUL, a backslash, or a path that leaves the root.
        case malformed
        /// `/rest` without a slash, on which the real servlet fails.
        case noSlash
        /// A path that is not under `/rest/`.
        case elsewhere
    }

    /// The decoded path after `/rest`, as the XML and HTML answers quote it.
    package let path: String
    /// The names between its slashes, none of them empty.
    package let segments: [String]
    /// The query parameter `Accept`, if there is one.
    package let accept: String?

    package init(_ target: String) throws(Problem) {
        guard target.utf8.count <= Self.longest else { throw .tooLong }
        let withoutFragment = target.prefix { $0 != "#" }
        let path = Self.withoutOrigin(withoutFragment.prefix { $0 != "?" })
        let segments = try Self.resolve(path)
        guard segments.first == "rest" else { throw .elsewhere }
        guard segments.count > 1 else { throw .noSlash }
        self.path = "/" + segments.dropFirst().joined(separator: "/")
        self.segments = segments.dropFirst().filter { !$0.isEmpty }
        self.accept = Self.parameter("Accept", in: withoutFragment.drop { $0 != "?" }.dropFirst())
    }

    /// Proxies ask with the whole URL.
    private static func withoutOrigin(_ path: Substring) -> Substring {
        guard path.lowercased().hasPrefix("http://") else { return path }
        return path.dropFirst("http://".count).drop { $0 != "/" }
    }

    /// - Returns: The decoded segments; the last is empty when the path ends with a slash.
    private static func resolve(_ path: Substring) throws(Problem) -> [String] {
        guard path.first == "/" else { throw .malformed }
        var segments: [String] = []
        let raw = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, text) in raw.enumerated() {
            guard let segment = Self.decode(text.prefix { $0 != ";" }, plusIsSpace: false),
                !segment.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") })
            else {
                throw .malformed
            }
            let isLast = index == raw.count - 1
            switch segment {
            case "..":
                guard segments.popLast() != nil else { throw .malformed }
                if isLast { segments.append("") }
            case "", ".":
                if isLast { segments.append("") }
            default:
                segments.append(segment)
            }
        }
        return segments
    }

    /// The first parameter of that name.
    private static func parameter(_ name: String, in query: Substring) -> String? {
        for pair in query.split(separator: "&") {
            let key = pair.prefix { $0 != "=" }
            if Self.decode(key, plusIsSpace: true) == name {
                return Self.decode(pair.dropFirst(key.count + 1), plusIsSpace: true)
            }
        }
        return nil
    }

    /// - Returns: `nil` for an escape that is none. Bytes that are no UTF-8 become U+FFFD.
    private static func decode(_ text: Substring, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(Self.hexDigit),
                    let low = rest.popFirst().flatMap(Self.hexDigit)
                else {
                    return nil
                }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
