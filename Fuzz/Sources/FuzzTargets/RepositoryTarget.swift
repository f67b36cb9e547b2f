import MonALISARepository
import PoDCore

extension FuzzTarget {
    /// The content type, a newline, and the body.
    static let repository = FuzzTarget(name: "repository", about: "answers of a MonALISA repository") { bytes in
        var input = InputText(bytes)
        let type = input.line()
        var answer = try RepositoryAnswer(
            HTTPAnswer(
                url: "http://r.example/", status: 200, contentType: type, body: input.bytes, date: 1_700_000_000))
        for row in answer.rows {
            _ = answer.value(of: row)
            Promise.holds(!answer.parameter(of: row).isEmpty && row.timestamp >= 0, "a row has names and a time")
        }
        for master in answer.takeMasters() {
            // One that is not well formed hides no other.
            guard let reading = try? answer.reading(of: master) else { continue }
            Promise.holds((0...Advertisement.mostWanted).contains(reading.wanted), "Wanted is in its range")
            Promise.holds((0...1).contains(reading.share), "Share is in its range")
            let address = try? master.address.map { try Address(parsing: answer.value(of: $0)) }
            Promise.isPlain(address?.description ?? "\n", "the address")
            Promise.areEqual(reading.masterJobID, try? MasterJobID(parsing: answer.node(of: master.first)), "the node")
            if reading.hasKey, let key = answer.key(of: master) {
                Promise.areEqual(key, (try? MasterKey(parsing: key))?.description, "the key")
            }
        }
        for skipped in answer.skipped {
            Promise.isOneLine(skipped.reason, "the reason for a skipped row")
        }
    }
}
