import MonALISARepository
import PoDCore
import PoDTestKit
import Testing

/// Answers that were cut off or spoiled on the way.
@Suite struct RepositoryAnswerSpoiledTests {
    @Test("refuses a framed answer that is cut off anywhere", arguments: ["masters-3-json", "masters-3-xml"])
    func cutFramed(_ id: String) throws {
        let capture = try Capture.named(id)
        let body = try capture.body()
        for end in 0..<body.count {
            let error = #expect(throws: RepositoryError.self, "\(end) bytes") {
                try RepositoryAnswer(body[..<end], capture.contentType)
            }
            #expect(error?.status == .data)
        }
    }

    @Test("skips the last line where it is cut off", arguments: ["masters-3-plain", "odd-names-csv"])
    func cutLines(_ id: String) throws {
        let capture = try Capture.named(id)
        let body = try capture.body()
        let whole = RowText.rows(of: try RepositoryAnswer(try capture.answer()))
        let heading = capture.contentType == "text/csv" ? body.prefix { $0 != UInt8(ascii: "\n") }.count + 1 : 0
        for end in max(1, heading)...body.count {
            let answer = try RepositoryAnswer(body[..<end], capture.contentType)
            let lines = body[heading..<end].count { $0 == UInt8(ascii: "\n") }
            #expect(RowText.rows(of: answer) == Array(whole.prefix(lines)), "\(end) bytes")
            let isCut = end > heading && body[end - 1] != UInt8(ascii: "\n")
            #expect(answer.skipped == (isCut ? [SkippedRow(number: lines + 1, reason: "the line is cut off")] : []))
        }
    }

    @Test("reads or refuses whatever became of an answer", arguments: 0..<24)
    func spoiled(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func random(_ bound: Int) -> Int {
            Int.random(in: 0..<bound, using: &generator)
        }
        let captures = Capture.all.filter { !$0.isHTML }
        let marks = Array("{}[]\",:\\/|<>&=# \n\u{0}u0".utf8) + [0xFF, 0xC3]
        for _ in 0..<400 {
            let capture = captures[random(captures.count)]
            var body = try capture.answer().body
            for _ in 0...random(4) {
                let place = random(body.count + 1)
                switch random(5) {
                case 0 where place < body.count: body.remove(at: place)
                case 1 where place < body.count: body[place] = marks[random(marks.count)]
                case 2 where place < body.count: body[place] ^= 1 << UInt8(random(8))
                case 3: body.insert(contentsOf: body[min(place, random(body.count + 1))..<place], at: place)
                default: body.insert(marks[random(marks.count)], at: place)
                }
            }
            do throws(RepositoryError) {
                var answer = try RepositoryAnswer(body, capture.contentType)
                let rows = RowText.rows(of: answer)
                #expect(rows.allSatisfy { !$0.farm.isEmpty && !$0.node.isEmpty && $0.timestamp >= 0 }, "seed \(seed)")
                let masters = answer.takeMasters()
                #expect(masters.count <= rows.count, "seed \(seed)")
                for master in masters {
                    _ = try? answer.reading(of: master)
                }
            } catch {
                #expect(error.status == .data)
                #expect(error.description.hasPrefix("http://h/rest: ") && !error.description.contains("\n"))
            }
        }
    }
}
