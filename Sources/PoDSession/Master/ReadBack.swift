import Logging
import MonALISARepository
import PoDCore
import PoDTickets

/// Looks whether the repository shows the master's own advertisements: what is not visible yet has brought nobody yet,
/// and must not be taken for a sign that more are to be invited.
struct ReadBack: Sendable {
    private let repository: RepositoryURL
    private let masterJobID: MasterJobID
    /// Who signs them; `nil` for a master that does not.
    private let signer: PublicKey?
    private let log: Logger

    init(repository: RepositoryURL, masterJobID: MasterJobID, signer: PublicKey?, log: Logger) {
        self.repository = repository
        self.masterJobID = masterJobID
        self.signer = signer
        self.log = log
    }

    /// Looks until the task is cancelled. A repository that fails is told in the log, once until it is back.
    func run(_ session: MasterSession) async throws {
        let query = try RepositoryQuery(
            cluster: Advertisement.cluster, node: self.masterJobID.description, window: .advertisements,
            parameters: [self.signer == nil ? "Sequence" : "Proof"])
        let url = query.url(at: self.repository)
        let fetch = HTTPFetch()
        var lastProblem: String?
        while true {
            try await Task.sleep(for: InvitationControl.lookInterval)
            guard await session.wantsReadBack else { continue }
            do {
                let answer = try RepositoryAnswer(try await Self.get(url, with: fetch))
                await session.readBack(self.latest(in: answer))
                lastProblem = nil
            } catch let error as RepositoryError {
                if error.description != lastProblem {
                    self.log.warning("the advertisement can't be read back: \(error)")
                    lastProblem = error.description
                }
            }
        }
    }

    private static func get(_ url: String, with fetch: HTTPFetch) async throws -> HTTPAnswer {
        try fetch.start(url, accept: "application/json")
        while true {
            switch fetch.step() {
            case .finished(let result): return try result.get()
            // A look every two seconds is not worth a thread that waits for sockets.
            case .wait: try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Several farms may show it: each has a place of its own in the network.
    private func latest(in answer: RepositoryAnswer) -> AdvertisementOrder? {
        answer.rows.prefix(Self.mostRows).compactMap { row -> AdvertisementOrder? in
            let value = answer.value(of: row)
            guard let signer else { return try? AdvertisementOrder(parsing: value.utf8.span) }
            return try? AdvertisementContent(proof: value, signedBy: signer).order
        }.max()
    }

    /// There are not that many farms.
    private static let mostRows = 1000
}
