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

    /// By its status file, where it shares files with this machine; else by what it says to the session's owner, where its
    /// advertisement showed it. MonALISA is asked only for one that was not seen before, or does not answer there.
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
        let known = AdvertisedMaster(seenIn: place)?.address
        do {
            if let known { return try await RunningMaster(at: known, of: place) }
        } catch {
            // It may have been started again elsewhere.
            let seen = try AdvertisedMaster(lookingFor: id, of: place, in: jobs.repositories)?.address
            guard let seen, seen != known else { throw error }
            return try await RunningMaster(at: seen, of: place)
        }
        guard let seen = try AdvertisedMaster(lookingFor: id, of: place, in: jobs.repositories) else { return nil }
        return try await RunningMaster(at: seen.address, of: place)
    }

    /// As the one at an address says to the session's owner.
    private init(at address: Address, of place: SessionPlace) async throws {
        let session = Session(
            name: place.directory, statusFile: nil, master: address.description, stateDirectory: place.stateDirectory)
        try self.init(try await session.currentStatus(), address: address)
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
