import PoDCore
import PoDRendezvous

extension FuzzTarget {
    static let documents = FuzzTarget(
        name: "documents", about: "the files between master, publisher, watcher and worker"
    ) { bytes in
        NamelessFile.shared.write(bytes)
        if let info = try? ServerInfo(readingFile: NamelessFile.shared.path) {
            NamelessFile.shared.write(Array(info.document.text.utf8))
            Promise.areEqual(info, try? ServerInfo(readingFile: NamelessFile.shared.path), "a server info")
            let lines = info.configuration(user: "alice").split(separator: "\n", omittingEmptySubsequences: false)
            Promise.holds(lines.count == 6 && lines[1] == "host=\(info.address.host)", "PoD's file has its three keys")
            Promise.isPlain(info.address.description, "the address")
        }
        let status = try MasterStatus(document: try JSONValue(parsing: bytes))
        Promise.isOneLine(status.document.text, "a status file")
        Promise.areEqual(status, try? MasterStatus(document: status.document), "a status file")
    }
}
