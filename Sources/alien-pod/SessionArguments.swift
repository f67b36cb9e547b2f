import ArgumentParser
import Foundation
import PoDCore
import PoDRendezvous
import PoDSession

/// Which session a command is about.
struct SessionArguments: ParsableArguments {
    @Option(help: "The master's status file.")
    var statusFile: String?

    @Option(help: "The session's directory, with status.json in it; ALIEN_POD_SESSION of the environment if not given.")
    var directory: String?

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

    /// Asks the session's master.
    ///
    /// - Returns: The result, a JSON object.
    /// - Throws: ``CommandError`` when the master is gone, does not answer, or refuses.
    func ask(_ request: AdminRequest) async throws -> JSONValue {
        let status = try self.status
        guard let socket = status.detail(AdminSocket.detailName) else {
            throw CommandError(.unavailable, "master \(status.masterJobID) has no admin socket")
        }
        switch try await AdminClient.ask(request, at: socket) {
        case .done(let result): return result
        case .failed(let status, let reason): throw CommandError(status, reason)
        }
    }
}
