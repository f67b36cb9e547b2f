import Logging
import PoDCore
import PoDRecipes
import PoDRendezvous

/// A worker's daemon with everything laid out for it, ready to be started.
struct PreparedDaemon: Sendable {
    /// What its log is named after.
    static let name = "daemon"

    let daemon: Daemon
    let registration: Registration

    /// Prepares the recipe and writes the daemon's files.
    ///
    /// - Parameters:
    ///   - port: The daemon's, which the caller keeps for it.
    ///   - directory: The lease's own.
    ///   - host: The address of this machine that the master sees; `nil` when it is not known.
    ///   - request: What the lease's certificate was asked for with; `nil` where no recipe knows certificates.
    init(
        _ recipe: any Recipe, lease: LeaseID, terms: LeaseTerms, directory: String, port: UInt16, host: String?,
        request: PeerRequest?, log: Logger
    ) async throws {
        try await recipe.prepare { line in log.info("\(line)") }
        async let versions = recipe.versions()
        // One that takes anybody is for this machine alone, and one that is forwarded has no other visitors.
        let isOnLoopback = !recipe.authenticatesPeers || terms.contact != nil
        let address = try Address(host: isOnLoopback ? "127.0.0.1" : host ?? "127.0.0.1", port: Int(port))
        var site = try DaemonSite(
            directory: directory, address: address, credentials: try Self.credentials(for: recipe, terms, request))
        site.contact = terms.contact ?? address
        let plan = try recipe.worker(lease: lease, parameters: terms.parameters, at: site)
        try plan.layOut(in: site.directory)
        self.daemon = Daemon(plan: plan, directory: site.directory, name: Self.name, log: log)
        self.registration = Registration(
            contact: site.contact, account: LoginName.current.text, versions: try await versions)
    }

    private static func credentials(
        for recipe: any Recipe, _ terms: LeaseTerms, _ request: PeerRequest?
    ) throws -> PeerCredentials? {
        guard recipe.authenticatesPeers else { return nil }
        guard let issued = terms.certificate, let request else {
            throw SessionError(.data, "lease: expected a certificate for recipe \(recipe.name)")
        }
        return try request.credentials(certificate: issued.certificate, authority: issued.authority)
    }
}
