import AliEnSite
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
    let workers: MasterStatus.Workers

    /// By its status file, where it shares files with this machine; else by its advertisement, and what it says then to the
    /// session's owner.
    ///
    /// - Returns: `nil` while it does not run, or is not seen.
    /// - Throws: ``CommandError`` when it is seen and does not answer.
    static func find(_ jobs: SessionJobs) async throws -> RunningMaster? {
        let place = jobs.place
        if case .status(let status) = try MasterStatusFile.read(place.statusFile) {
            return status.phase == .running ? try RunningMaster(status) : nil
        }
        guard let job = jobs.master, try !Backends.named(job.backend).sharesFiles else { return nil }
        let id = try MasterJobID(parsing: job.id)
        guard
            let seen = try AdvertisedMaster(lookingFor: id, of: place, in: jobs.repositories)
                ?? AdvertisedMaster(seenIn: place)
        else { return nil }
        let session = Session(
            name: place.directory, statusFile: nil, master: seen.address.description,
            stateDirectory: place.stateDirectory)
        return try RunningMaster(try await session.currentStatus(), address: seen.address)
    }

    /// - Parameter address: Where it was reached; as it says if `nil`.
    private init(_ status: MasterStatus, address: Address? = nil) throws {
        guard let own = status.detail("address"), let recipe = status.detail("recipe") else {
            throw CommandError(.data, "master \(status.masterJobID): expected its address and recipe")
        }
        self.masterJobID = status.masterJobID
        self.address = try address ?? Address(parsing: own)
        self.recipe = recipe
        self.python = status.detail("python")
        self.hasUserPorts = ConnectCommand.ports.contains { status.detail($0) != nil }
        self.workers = status.workers
    }
}
