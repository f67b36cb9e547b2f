import PoDCore
import PoDRendezvous
import PoDSession
import PoDTickets

extension FuzzTarget {
    static let joinFile = FuzzTarget(
        name: "join-file", about: "what a session's owner gives to workers of their own"
    ) { bytes in
        NamelessFile.shared.write(bytes)
        let file = try JoinFile(readingFile: NamelessFile.shared.path)
        NamelessFile.shared.write(Array(file.text.utf8))
        Promise.areEqual(file.text, try? JoinFile(readingFile: NamelessFile.shared.path).text, "a join file")
        Promise.isPlain(file.masterJobID.description, "the job's id")
        let server = try file.server()
        Promise.isPlain(server.address.description, "the address")
        Promise.areEqual(file.master.description, server.key?.description, "the session's key")
    }
}
