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
    /// Kept for the daemon as long as this value lives.
    private let port: PortReservation

    /// Prepares the recipe, chooses a port, and writes the daemon's files.
    ///
    /// - Parameters:
    ///   - directory: The lease's own.
    ///   - host: The address of this machine that the master sees; `nil` when it is not known.
    ///   - request: What the lease's certificate was asked for with; `nil` where no recipe knows certificates.
    init(
        _ recipe: any Recipe, lease: LeaseID, terms: LeaseTerms, directory: String, ports: ClosedRange<UInt16>,
        host: String?, request: PeerRequest?, log: Logger
    ) async throws {
        try await recipe.prepare { line in log.info("\(line)") }
        async let versions = recipe.versions()
        var generator = SystemRandomNumberGenerator()
        self.port = try PortReservation(from: ports, using: &generator)
        // One that takes anybody is for this machine alone.
        let address = try Address(
            host: recipe.authenticatesPeers ? host ?? "127.0.0.1" : "127.0.0.1", port: Int(self.port.port))
        let site = try DaemonSite(
            directory: directory, address: address, credentials: try Self.credentials(for: recipe, terms, request))
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
