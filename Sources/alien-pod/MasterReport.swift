import MonALISARepository
import PoDCore
import PoDRendezvous

/// What `alien-pod watch --json` prints: `{"masters":[…],"skipped":[{"row","reason"}],"chosen":…}`.
struct MasterReport {
    let document: JSONValue

    init(_ listing: MasterListing?, found: ServerInfo?) {
        let masters = (0..<(listing?.count ?? 0)).compactMap { index in
            listing.flatMap { listing in listing.master(at: index).map { Self.master($0, listing) } }
        }
        let skipped = (listing?.skipped ?? []).map { row in
            Self.object([("row", .integer(Int64(row.number))), ("reason", .string(row.reason))])
        }
        let chosen = found.flatMap { found in listing.map { Self.master(found, $0) } }
        self.document = Self.object([
            ("masters", .array(masters)), ("skipped", .array(skipped)), ("chosen", chosen ?? .null),
        ])
    }

    private static func master(_ master: ServerInfo, _ listing: MasterListing) -> JSONValue {
        .object(
            (master.document.members ?? [])
                + [JSONValue.Member(name: "age", value: .integer(listing.age(of: master)))])
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { JSONValue.Member(name: $0.0, value: $0.1) })
    }
}
