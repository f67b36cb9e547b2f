import PoDCore
import PoDRecipes

/// What a running master knows of its head daemon and needs for each worker: the recipe, its site, what workers are told.
struct SessionHead: Sendable {
    let recipe: any Recipe
    /// Where the head daemon runs.
    let site: DaemonSite
    let workerParameters: [String: String]
    /// Signs certificates for the daemons; `nil` where they know none.
    let authority: SessionAuthority?

    /// Where the session's owner is led to, by name: `scheduler`, `dashboard`; `nil` for what is not there.
    func port(named name: String) -> Address? {
        switch name {
        case "scheduler": self.site.address
        case "dashboard": self.site.dashboardPort.flatMap { try? Address(host: "127.0.0.1", port: Int($0)) }
        default: nil
        }
    }

    /// The terms of a lease.
    ///
    /// - Throws: ``RecipeError`` when the claimant's request can't be signed.
    func terms(of lease: LeaseID, for claim: Claim, by route: WorkerRoutes.Route) throws(RecipeError) -> LeaseTerms {
        guard let authority else {
            return LeaseTerms(recipe: self.recipe.name, parameters: self.workerParameters, contact: route.contact)
        }
        guard let request = claim.certificateRequest else {
            throw RecipeError(.data, "expected a certificate request with the claim")
        }
        let certificate = try authority.certificate(for: request, named: "lease-\(lease)")
        return LeaseTerms(
            recipe: self.recipe.name, parameters: self.workerParameters,
            certificate: LeaseTerms.IssuedCertificate(
                certificate: certificate, authority: authority.certificate), contact: route.contact)
    }

    /// Tells the head daemon which workers there are, where it reads that in files.
    ///
    /// - Parameter workers: Asked for only then: there may be thousands.
    func tell(_ workers: () -> [RegisteredWorker]) throws {
        guard try !self.recipe.headFiles(for: [], at: self.site).isEmpty else { return }
        try DaemonFile.replace(
            try self.recipe.headFiles(for: workers(), at: self.site), in: self.site.directory)
    }
}
