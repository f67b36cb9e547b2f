import Foundation
import PoDCore
import PoDRendezvous
import PoDSession
import PoDTickets

/// Where a session's master is, as MonALISA shows it: all that this machine learns of one that shares no files with it.
///
/// Anyone can say anything there: only what names the session's key is looked at, and who answers at the address has to
/// prove that key.
struct AdvertisedMaster {
    private static let fileName = "master.json"

    let address: Address

    /// As it was seen last; `nil` where it was not.
    init?(seenIn place: SessionPlace) {
        guard let bytes = try? SmallFile.read("\(place.directory)/\(Self.fileName)"),
            let address = (try? JSONValue(parsing: bytes))?["address"]?.string.flatMap({ try? Address(parsing: $0) })
        else { return nil }
        self.address = address
    }

    /// Looks once, and remembers what it sees.
    ///
    /// - Throws: ``CommandError`` when no repository answers.
    init?(lookingFor id: MasterJobID, of place: SessionPlace, in repositories: [String]) throws {
        let key = try KeptSession(readingDirectory: place.stateDirectory).key.publicKey.thumbprint
        let watcher = Watcher()
        try watcher.set("allow_unsigned", "1")
        try watcher.set("master_job_id", id.description)
        for repository in repositories {
            try watcher.set("repository", repository)
        }
        try watcher.begin(once: true)
        look: while true {
            switch try watcher.step() {
            case .found, .end: break look
            case .wait(let wait): Poll.wait(wait)
            }
        }
        let masters = (0..<(watcher.listing?.count ?? 0)).compactMap { watcher.listing?.master(at: $0) }
        guard let master = masters.first(where: { $0.key?.description == key.description }) else { return nil }
        self.address = master.address
        let document = JSONValue.object([.init(name: "address", value: .string(master.address.description))])
        try PrivateDirectory(path: place.directory).replace([(Self.fileName, document.text + "\n")])
    }
}
