/// What doesn't match between a user, a head and a worker.
public struct VersionTable: Hashable, Sendable, CustomStringConvertible {
    /// One thing that doesn't match; `nil` where it isn't there.
    public struct Row: Hashable, Sendable {
        public let name: String
        public let user: String?
        public let head: String?
        public let worker: String?

        public init(name: String, user: String?, head: String?, worker: String?) {
            self.name = name
            self.user = user
            self.head = head
            self.worker = worker
        }
    }

    /// By name.
    public let rows: [Row]
    private let hasUser: Bool

    /// Compares.
    ///
    /// Of `python` only the first two parts count, for 3.11.2 and 3.11.9 understand each other's pickles. What one side
    /// has and another hasn't is a mismatch.
    ///
    /// - Parameter user: `nil` while no user has said; then only head and worker are compared.
    public init(user: Versions?, head: Versions, worker: Versions) {
        let sides = [user, head, worker].compactMap(\.self)
        self.hasUser = user != nil
        self.rows = Set(sides.flatMap(\.values.keys)).sorted().compactMap { name in
            guard Set(sides.map { Self.compared($0.values[name], as: name) }).count > 1 else { return nil }
            return Row(
                name: name, user: user?.values[name], head: head.values[name], worker: worker.values[name])
        }
    }

    private static func compared(_ version: String?, as name: String) -> String? {
        guard name == "python" else { return version }
        return version?.split(separator: ".").prefix(2).joined(separator: ".")
    }

    /// Lines of equal columns: name, user (where one has said), head, worker; empty when all match.
    public var description: String {
        guard !self.rows.isEmpty else { return "" }
        let cells =
            [["", "user", "head", "worker"]]
            + self.rows.map { row in [row.name] + [row.user, row.head, row.worker].map { $0 ?? "none" } }
        let columns = cells[0].indices.filter { self.hasUser || $0 != 1 }
        let widths = columns.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            zip(columns, widths).map { column, width in
                column == columns.last
                    ? row[column] : row[column] + String(repeating: " ", count: width - row[column].count)
            }.joined(separator: " | ")
        }.joined(separator: "\n")
    }
}
