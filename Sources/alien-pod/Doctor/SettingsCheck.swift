import AliEnSite
import PoDCore

/// Whether LDAP answers, and what it says can be.
struct SettingsCheck {
    /// `nil` where no server is named.
    let location: DirectoryLocation?
    /// What the environment says.
    let environment: [String: String]

    /// Looks.
    ///
    /// - Returns: Beside the finding what holds, as far as it is known: other checks go by it.
    func run() -> (finding: Finding, settings: ResolvedSettings) {
        var sources = SettingSources(self.environment)
        var advice: [String] = []
        if let location {
            do throws(SiteError) {
                let directory = try DirectoryReader(location).read()
                advice = directory.misplaced
                directory.add(to: &sources)
            } catch {
                let settings = sources.resolved()
                return (.failed(error.status, "LDAP: \(error)", advice: settings.problems.map(\.description)), settings)
            }
        }
        let settings = sources.resolved()
        advice += settings.warnings
        let problems = settings.problems.map(\.description)
        guard problems.isEmpty else {
            return (.failed(.configuration, problems[0], advice: problems.dropFirst() + advice), settings)
        }
        guard let location else {
            return (.skipped("no LDAP server is named (--ldap and --base, or ALIEN_LDAP_DN)", advice: advice), settings)
        }
        let isOn = (try? settings.values(of: .enabled)) == ["yes"]
        let place = ([location.base] + [location.site, location.computingElement].compactMap(\.self)).joined(
            separator: " ")
        return (
            .ok(
                "LDAP answers for \(place); idle JobAgents \(isOn ? "look" : "don't look") for masters", advice: advice),
            settings
        )
    }
}
