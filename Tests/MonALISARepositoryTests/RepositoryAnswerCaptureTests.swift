import MonALISARepository
import PoDCore
import PoDTestKit
import Testing

/// Each captured answer of the real service, whatever its format.
@Suite struct RepositoryAnswerCaptureTests {
    /// A value that the service's cache held.
    struct Seed: Decodable {
        let farm: String
        let cluster: String
        let node: String
        let param: String
        let kind: String
        let value: String
        let time_ms: Int64
    }

    static let seeds = try! Capture.rest.decode([String: [Seed]].self, from: "seeds.json")

    @Test("reads nothing but what the service held", arguments: Capture.all.filter { !$0.isHTML && !$0.isBrowsing })
    func rowsAreTrue(_ capture: Capture) throws {
        let answer = try RepositoryAnswer(try capture.answer())
        let seeds = try #require(Self.seeds[capture.seed])
        for row in RowText.rows(of: answer) {
            let isHeld = seeds.contains { seed in
                seed.farm == row.farm && seed.cluster == row.cluster && seed.node == row.node
                    && seed.param == row.parameter && seed.time_ms == row.timestamp
                    && (seed.kind == "string" ? seed.value == row.value : true)
            }
            #expect(isHeld, "\(row)")
        }
        // Every line is a row, or told as skipped: only a line break in a value of plain text makes such.
        let lines = try capture.body().count { $0 == UInt8(ascii: "\n") }
        let format = capture.contentType
        let frame = lines == 0 ? 0 : format == "text/csv" ? 1 : format == "text/plain" ? 0 : 1
        #expect(answer.rows.count + answer.skippedCount == lines - frame)
        #expect(answer.skippedCount == (capture.id == "strings-plain" ? 4 : capture.id == "cond-bang" ? 2 : 0))
    }

    @Test("reads every string as it was", arguments: ["strings-json", "odd-names-json", "odd-names-csv"])
    func everyString(_ id: String) throws {
        let capture = try Capture.named(id)
        let answer = try RepositoryAnswer(try capture.answer())
        let seeds = try #require(Self.seeds[capture.seed])
        #expect(
            Set(RowText.rows(of: answer).map { [$0.farm, $0.cluster, $0.node, $0.parameter] })
                == Set(seeds.map { [$0.farm, $0.cluster, $0.node, $0.param] }))
        if id == "strings-json" {
            #expect(Set(RowText.rows(of: answer).map(\.value)) == Set(seeds.map(\.value)))
        }
    }

    @Test("skips the two halves of a value with a line break in plain text, and no other row")
    func lineBreaks() throws {
        let capture = try Capture.named("strings-plain")
        let answer = try RepositoryAnswer(try capture.answer())
        #expect(answer.rows.count == 18)
        #expect(answer.skipped.map(\.number) == [11, 12, 21, 22])
        #expect(RowText.rows(of: answer).first { $0.parameter == "s12" }?.value == "a/b")
    }

    @Test("gives the same masters in each format")
    func sameRows() throws {
        let one = [RowText("CERN", "PoD_Masters", "1234567890", "Address", "master.cern.ch:21001", 1_699_999_995_000)]
        let three =
            one + [
                RowText("CERN", "PoD_Masters", "234", "Address", "m2.cern.ch:22222", 1_699_999_941_000),
                RowText("GSI", "PoD_Masters", "1234567891", "Address", "lxb1.gsi.de:21002", 1_699_999_999_000),
            ]
        let expected = [
            "masters-0-json": [], "masters-0-plain": [], "masters-0-csv": [], "masters-0-xml": [],
            "masters-1-json": one, "masters-1-plain": one, "masters-1-csv": one, "masters-1-xml": one,
            "masters-3-json": three, "masters-3-plain": three, "masters-3-xml": three,
        ]
        for (id, rows) in expected {
            let capture = try Capture.named(id)
            #expect(RowText.rows(of: try RepositoryAnswer(try capture.answer())) == rows, "\(id)")
        }
    }

    @Test("says that a page of HTML is one", arguments: Capture.all.filter(\.isHTML))
    func html(_ capture: Capture) throws {
        let answer = try capture.answer()
        let error = #expect(throws: RepositoryError.self) { try RepositoryAnswer(answer) }
        #expect(error?.status == .data)
        #expect(
            error?.description
                == "\(answer.url): a page of HTML instead of values: not the URL of a repository, or its filter of "
                + "User-Agents")
    }

    @Test("skips names without values, as the service lists them", arguments: Capture.all.filter(\.isBrowsing))
    func names(_ capture: Capture) throws {
        guard !capture.isHTML else { return }
        let answer = try RepositoryAnswer(try capture.answer())
        #expect(answer.rows.isEmpty)
        #expect(answer.skippedCount > 0 || capture.id == "browse-empty-json")
        #expect(answer.skipped.allSatisfy { $0.reason.hasPrefix("expected Farm") })
    }
}
