/// A name as a request gives it, in which `*` and `%` stand for any text.
///
/// Alone, the sign stands for one or more characters, inside a longer name for none or more. Everything else is meant
/// literally and compared byte by byte: MonALISA turns the names into a regular expression without escaping them,
/// and what comes of that by accident is not copied (`docs/monitor-rest.md`).
package struct NamePattern: Hashable, Sendable {
    private enum Form: Hashable {
        case literal(String)
        case any
        /// The texts between the signs, two or more, the first and the last perhaps empty.
        case pieces([[UInt8]])
    }

    private let form: Form

    package init(_ text: String) {
        if text == "*" || text == "%" {
            self.form = .any
        } else if text.utf8.contains(where: Self.isSign) {
            let pieces = text.utf8.split(omittingEmptySubsequences: false, whereSeparator: Self.isSign)
            self.form = .pieces(pieces.map(Array.init))
        } else {
            self.form = .literal(text)
        }
    }

    /// Matches every name.
    package static let any = NamePattern("*")

    /// The name, when it holds no sign.
    package var literal: String? {
        if case .literal(let text) = self.form { text } else { nil }
    }

    /// - Parameter name: Not empty.
    package func matches(_ name: String) -> Bool {
        switch self.form {
        case .any: true
        case .literal(let text): name.utf8.elementsEqual(text.utf8)
        case .pieces(let pieces): Self.match(pieces, in: Array(name.utf8))
        }
    }

    /// Takes each piece where it is found first: if that fails, no later place would do.
    private static func match(_ pieces: [[UInt8]], in name: [UInt8]) -> Bool {
        guard let first = pieces.first, let last = pieces.last, name.count >= first.count + last.count,
            name.starts(with: first), name.suffix(last.count).elementsEqual(last)
        else {
            return false
        }
        var rest = name[first.count..<(name.count - last.count)]
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let start = rest.firstRange(of: piece) else { return false }
            rest = rest[start.upperBound...]
        }
        return true
    }

    private static func isSign(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "*") || byte == UInt8(ascii: "%")
    }
}
