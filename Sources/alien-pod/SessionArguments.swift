import ArgumentParser
import Foundation
import PoDCore
import PoDRendezvous
import PoDSession

/// Which session a command is about, and how its master is reached: by its admin socket where that is on this machine,
/// else by its control port, with the session's key.
struct SessionArguments: ParsableArguments {
    @Option(help: "The master's status file.")
    var statusFile: String?

    @Option(help: "The session's directory, with status.json in it; ALIEN_POD_SESSION of the environment if not given.")
    var directory: String?

    @Option(help: "Where the master's control port is, as HOST:PORT, for another machine than its own.")
    var master: String?

    @Option(
        help: """
            The session's state directory, whose key makes the session's owner at the control port; state in the \
            session's directory if not given.
            """)
    var stateDirectory: String?

    /// The path of the status file.
    ///
    /// - Throws: ``CommandError`` when no session is named.
    var path: String {
        get throws {
            if let statusFile {
                guard self.directory == nil else {
                    throw CommandError(.usage, "expected --status-file or --directory, found both")
                }
                return statusFile
            }
            guard let session = self.directory ?? ProcessInfo.processInfo.environment["ALIEN_POD_SESSION"],
                !session.isEmpty
            else {
                throw CommandError(
                    .usage, "no session: expected --status-file, --directory, or ALIEN_POD_SESSION in the environment")
            }
            var isDirectory: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: session, isDirectory: &isDirectory)
            return isThere && !isDirectory.boolValue ? session : "\(session)/status.json"
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
        guard self.master != nil else { return try self.status }
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

    private var place: AdminClient.Place {
        get throws {
            if let master {
                return .controlPort(try Address(parsing: master), try self.owner)
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
