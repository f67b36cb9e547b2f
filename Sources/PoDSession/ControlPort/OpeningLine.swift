package import PoDCore

/// The first line of a connection to a master's control port, which says what the connection is.
package enum OpeningLine: Hashable, Sendable {
    /// Any other object with a `type`: the first message of a control connection.
    case control
    /// The session's owner asks the master: an object with a `request`, an ``AdminRequest``.
    case request
    /// A worker dials back: `{"type":"stream","secret":"<32 hexadecimal digits>"}`.
    case stream(StreamSecret)
    /// The session's owner wants a connection to the head daemon: `{"type":"connect","to":"scheduler"}`.
    case connect(to: String)

    /// The longest line that can open a connection, in bytes without its newline; the session's owner's may be as long as
    /// an ``AdminRequest``.
    package static let longest = 4096

    /// Reads a line, without its newline.
    package init(parsing line: [UInt8]) throws(ValueError) {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(parsing: line)
        } catch {
            throw ValueError("line", error.description)
        }
        switch document["type"]?.string {
        case nil where document["request"] != nil:
            self = .request
        case "stream":
            self = .stream(try StreamSecret(parsing: document["secret"]?.string ?? ""))
        case "connect":
            guard let name = document["to"]?.string else {
                throw ValueError("to", found: "nothing", expected: "the name of a port of the head daemon")
            }
            self = .connect(to: name)
        case .some:
            self = .control
        case nil:
            throw ValueError("type", found: "nothing", expected: "the type of a message")
        }
    }

    /// The line with its newline; `nil` where it is the first of more, which is none of ours.
    package var text: String? {
        switch self {
        case .control, .request: nil
        case .stream(let secret): Self.line("stream", "secret", secret.description)
        case .connect(let name): Self.line("connect", "to", name)
        }
    }

    /// Whether it only opens the connection: what follows is none of ours, and no line either.
    var isAll: Bool { self.text != nil }

    private static func line(_ type: String, _ name: String, _ value: String) -> String {
        let document = JSONValue.object([
            JSONValue.Member(name: "type", value: .string(type)), JSONValue.Member(name: name, value: .string(value)),
        ])
        return document.text + "\n"
    }
}
