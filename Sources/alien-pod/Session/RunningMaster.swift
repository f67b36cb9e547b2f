import Foundation
import PoDCore
import PoDRendezvous

/// A session's master, as workers are told of it.
struct RunningMaster {
    let masterJobID: MasterJobID
    let address: Address
    let recipe: String
    /// The Python of its Dask; `nil` for another recipe.
    let python: String?
    /// Whether its head daemon has ports that `alien-pod connect` leads to.
    let hasUserPorts: Bool

    /// As its status file says; `nil` while there is none.
    init?(in place: SessionPlace) throws {
        guard case .status(let status) = try MasterStatusFile.read(place.statusFile), status.phase == .running else {
            return nil
        }
        guard let address = status.detail("address"), let recipe = status.detail("recipe") else {
            throw CommandError(.data, "\(place.statusFile): expected the master's address and recipe")
        }
        self.masterJobID = status.masterJobID
        self.address = try Address(parsing: address)
        self.recipe = recipe
        self.python = status.detail("python")
        self.hasUserPorts = ConnectCommand.ports.contains { status.detail($0) != nil }
    }
}
