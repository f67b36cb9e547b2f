import Foundation
import PoDCore
import PoDRendezvous
import PoDSession

/// A session that a command is about, and how its master is reached: by its admin socket where that is on this machine,
/// else by its control port, with the session's key.
struct Session {
    /// A name or a path; `nil` when the user gave none.
    let name: String?
    /// Instead of a session: the path of its status file.
    let statusFile: String?
    /// Where the control port is, for another machine than the master's.
    let master: String?
    /// `nil` for the one in the session's directory.
    let stateDirectory: String?

    /// The path of the status file.
    ///
    /// - Throws: ``CommandError`` when no session is named and there is not just one.
    var path: String {
        get throws {
            if let statusFile {
                guard self.name == nil else {
                    throw CommandError(.usage, "expected --status-file or a session, found both")
                }
                return statusFile
            }
            guard let named = self.name ?? SessionPlace.ofEnvironment else {
                return try SessionPlace.only().statusFile
            }
            let place = try SessionPlace(parsing: named)
            var isDirectory: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: place.directory, isDirectory: &isDirectory)
            return isThere && !isDirectory.boolValue ? place.directory : place.statusFile
        }
    }

    /// What the status file says.
    ///
    /// - Throws: ``CommandError`` when the master is gone.
    var status: MasterStatus {
        get throws {
            switch try MasterStatusFile.read(try self.path) {
            case .status(let status): return status
            case .masterGone(let reason): throw CommandError(.unavailable, "the master is gone: \(reason)")
            }
        }
    }

    /// The session's state directory: an absolute path.
    ///
    /// - Throws: ``CommandError`` when no session is named.
    var state: String {
        get throws {
            let path =
                try self.stateDirectory
                ?? URL(fileURLWithPath: try self.path).deletingLastPathComponent().appendingPathComponent("state").path
            return URL(fileURLWithPath: path).path
        }
    }

    /// What the master says of itself, which from another machine only the master can tell.
    ///
    /// - Throws: ``CommandError`` when the master is gone, or does not answer.
    func currentStatus() async throws -> MasterStatus {
        guard self.remoteAddress != nil else { return try self.status }
        do {
            return try MasterStatus(document: try await self.ask(.status))
        } catch let error as ValueError {
            throw CommandError(.data, "the master's answer: \(error)")
        }
    }

    /// Asks the session's master.
    ///
    /// - Returns: The result, a JSON object.
    /// - Throws: ``CommandError`` when the master is gone, does not answer, or refuses.
    func ask(_ request: AdminRequest) async throws -> JSONValue {
        switch try await AdminClient.ask(request, at: try self.place) {
        case .done(let result): return result
        case .failed(let status, let reason): throw CommandError(status, reason)
        }
    }

    /// Where the control port of a master on another machine is: as the user says, or as MonALISA showed.
    var remoteAddress: String? {
        if let master { return master }
        guard let path = try? self.path, access(path, F_OK) != 0 else { return nil }
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return (try? SessionPlace(parsing: directory)).flatMap { AdvertisedMaster(seenIn: $0) }?.address.description
    }

    private var place: AdminClient.Place {
        get throws {
            if let remoteAddress = self.remoteAddress {
                return .controlPort(try Address(parsing: remoteAddress), try self.owner)
            }
            let status = try self.status
            if let socket = status.detail(AdminSocket.detailName), access(socket, F_OK) == 0 {
                return .socket(socket)
            }
            guard let address = status.detail("address") else {
                throw CommandError(.unavailable, "master \(status.masterJobID) has neither admin socket nor address")
            }
            return .controlPort(try Address(parsing: address), try self.owner)
        }
    }

    private var owner: ChannelIdentity {
        get throws { try ChannelIdentity(try KeptSession(readingDirectory: try self.state).key) }
    }
}
