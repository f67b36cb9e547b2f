import AliEnSite
import PoDCore
import PoDSession
import PoDTickets

extension FuzzTarget {
    static let values = FuzzTarget(
        name: "values", about: "addresses, ids, keys and counters, of which all else is made"
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        FuzzTarget.check("an address", text) { try Address(parsing: $0) }
        FuzzTarget.check("a job's id", text) { try MasterJobID(parsing: $0) }
        FuzzTarget.check("a count", text) { try AdvertisementOrder(parsing: $0.utf8.span) }
        FuzzTarget.check("a thumbprint", text) { try MasterKey(parsing: $0) }
        FuzzTarget.check("a public key", text) { try PublicKey(parsing: $0) }
        FuzzTarget.check("a lease", text) { try LeaseID(parsing: $0) }
        FuzzTarget.check("a claim", text) { try ClaimID(parsing: $0) }
        FuzzTarget.check("a secret", text) { try StreamSecret(parsing: $0) }
        if let canonical = WebAddress.canonical(text) {
            Promise.areEqual(canonical, WebAddress.canonical(canonical), "a URL")
            Promise.isPlain(canonical, "a URL")
        }
        Promise.isOneLine(PrintableText.line(text), "printable text")
        Promise.isOneLine(ValueError.quoted(text), "quoted text")
    }

    private static func check<Value: Equatable & CustomStringConvertible>(
        _ what: String, _ text: String, _ read: (String) throws -> Value
    ) {
        do {
            let value = try read(text)
            Promise.isPlain(value.description, what)
            Promise.areEqual(value, try? read(value.description), what)
        } catch {
            Promise.isOneLine("\(error)", "the error of \(what)")
        }
    }
}
