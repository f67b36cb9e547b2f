import PoDCore
import PoDRecipes
import Testing

@Suite struct VersionTableTests {
    @Test("what matches is not shown; of python, the first two parts count")
    func same() throws {
        let head = try Versions(checking: ["python": "3.11.2", "dask": "2026.8.0"])
        let worker = try Versions(checking: ["python": "3.11.9", "dask": "2026.8.0"])
        #expect(VersionTable(user: head, head: head, worker: worker).rows.isEmpty)
        #expect(VersionTable(user: nil, head: head, worker: worker).description == "")
    }

    @Test("what doesn't is a row, also where somebody hasn't it")
    func different() throws {
        let user = try Versions(checking: ["python": "3.12.1", "dask": "2026.8.0", "ROOT": "6.36.02"])
        let head = try Versions(checking: ["python": "3.11.2", "dask": "2026.8.0"])
        let worker = try Versions(checking: ["python": "3.11.2", "dask": "2025.1.0", "distributed": "2025.1.0"])
        let table = VersionTable(user: user, head: head, worker: worker)
        #expect(
            table.description == """
                            | user     | head     | worker
                ROOT        | 6.36.02  | none     | none
                dask        | 2026.8.0 | 2026.8.0 | 2025.1.0
                distributed | none     | none     | 2025.1.0
                python      | 3.12.1   | 3.11.2   | 3.11.2
                """)
    }

    @Test("without a user there is no user's column")
    func noUser() throws {
        let table = VersionTable(
            user: nil, head: try Versions(checking: ["python": "3.11.2"]),
            worker: try Versions(checking: ["python": "3.9.1"]))
        #expect(table.rows == [VersionTable.Row(name: "python", user: nil, head: "3.11.2", worker: "3.9.1")])
        #expect(table.description == "       | head   | worker\npython | 3.11.2 | 3.9.1")
    }

    @Test(
        "versions are plain",
        arguments: HostileText.all.filter { $0 != "--option" && $0 != "../a" && $0 != "/../a" }
            + [String(repeating: "1", count: 65)])
    func hostile(text: String) {
        #expect(throws: ValueError.self) { try Versions(checking: ["python": text]) }
        #expect(throws: ValueError.self) { try Versions(checking: [text: "1"]) }
    }

    @Test("and few")
    func many() {
        let many = Dictionary(uniqueKeysWithValues: (0..<17).map { ("p\($0)", "1") })
        #expect(throws: ValueError.self) { try Versions(checking: many) }
    }
}
