import PoDCore

/// What `alien-pod connect` and `alien-pod up` print: where the head daemon's ports are on this machine, and what to type.
struct ConnectionReport {
    /// By name, in its order.
    let ports: [(name: String, address: String)]
    /// Where the user's certificate lies.
    let directory: String
    /// What to type.
    let lines: [String]

    /// `{"ports":{"scheduler":"127.0.0.1:…"},"directory":…,"lines":[…]}`.
    var document: JSONValue {
        .object([
            .init(
                name: "ports",
                value: .object(self.ports.map { JSONValue.Member(name: $0.name, value: .string($0.address)) })),
            .init(name: "directory", value: .string(self.directory)),
            .init(name: "lines", value: .array(self.lines.map { .string($0) })),
        ])
    }

    /// For people.
    var text: [String] {
        self.ports.map { "\($0.name): \($0.name == "dashboard" ? "http://" : "")\($0.address)" }
            + (self.lines.isEmpty ? [] : [""] + self.lines)
    }

    func print(asJSON: Bool) {
        (asJSON ? [self.document.text] : self.text).forEach { CommandLog.printLine($0) }
    }
}

extension ConnectionReport {
    /// Reads what ``document`` wrote; `nil` when it is something else.
    init?(parsing line: String) {
        guard let document = try? JSONValue(parsing: Array(line.utf8)), let ports = document["ports"]?.members,
            let directory = document["directory"]?.string, let lines = document["lines"]?.array
        else { return nil }
        self.init(
            ports: ports.map { (name: $0.name, address: $0.value.string ?? "") }, directory: directory,
            lines: lines.compactMap(\.string))
    }
}
