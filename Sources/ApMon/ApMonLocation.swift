/// What a value such as `APMON_CONFIG` names: a destination, or a file or URL that lists destinations.
public enum ApMonLocation: Hashable, Sendable {
    case destination(ApMonDestination)
    case file(path: String)
    case url(String)

    /// A URL begins with `http://` or `https://`; a file name holds a `/` or ends in `.conf`; the rest is a destination.
    public init(parsing text: String) throws(ApMonError) {
        if text.hasPrefix("http://") || text.hasPrefix("https://") {
            self = .url(text)
        } else if text.utf8.contains(UInt8(ascii: "/")) || text.hasSuffix(".conf") {
            guard !text.utf8.contains(0) else {
                throw ApMonError("configuration file: the name holds a NUL character")
            }
            self = .file(path: text)
        } else {
            self = .destination(try ApMonDestination(parsing: text))
        }
    }
}
