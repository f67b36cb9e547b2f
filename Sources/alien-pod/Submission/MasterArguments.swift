import ArgumentParser
import PoDCore
import PoDSession

/// What a session's master is to be, as it is submitted; `alien-pod master` has more.
struct MasterArguments: ParsableArguments {
    @Option(help: "How to run the analysis daemons: \(Recipes.names.joined(separator: ", ")).")
    var recipe = "dask"

    @Flag(help: "Give Dask's scheduler its page with plots.")
    var dashboard = false

    @Option(help: "Seconds until the session ends, 60 to \(Self.longestTTL).")
    var ttl: Int?

    @Option(help: "Seconds after which a session ends whose workers compute nothing, 60 to \(Self.longestTTL).")
    var idleTimeout: Int?

    @Option(help: "Ports for the master and its daemon, as LOW-HIGH.")
    var ports: String?

    @Option(help: "Where workers connect, as HOST or HOST:PORT; the full name of the machine it runs on if not given.")
    var advertise: String?

    @Option(help: "Which workers are reached by way of the master: always, never or auto.")
    var forward: ForwardingMode?

    @Option(
        help: """
            Where MonALISA takes advertisements, as HOST[:PORT]; may be repeated. APMON_CONFIG of the environment if not \
            given; without either, JobAgents do not hear of the master.
            """)
    var destination: [String] = []

    @Option(help: "Base URL of the MonALISA repository where the advertisements can be seen.")
    var repository: String?

    @Option(
        help: "The user's key file: with --user-ticket it signs the ticket of the session, and so its advertisements.")
    var userKey: String?

    @Option(help: "The user's ticket, or a file with it.")
    var userTicket: String?

    @Option(
        help: """
            The public key in base64 of a site whose workers' tickets count; may be repeated. podTrustedKey of the \
            settings if not given.
            """)
    var trustedKey: [String] = []

    @Flag(help: "Take workers that have no ticket: whoever reads the advertisement can become one.")
    var allowUnsignedWorkers = false

    @OptionGroup(title: "Recipes")
    var recipes: Recipes

    /// AliEn refuses jobs that want to run longer, in seconds.
    static let longestTTL = 86400

    func validate() throws {
        guard (self.userKey == nil) == (self.userTicket == nil) else {
            throw ValidationError("expected both of --user-key and --user-ticket, or none")
        }
        for (name, value) in [("--ttl", self.ttl), ("--idle-timeout", self.idleTimeout)] {
            guard let value, !(60...Self.longestTTL).contains(value) else { continue }
            throw ValidationError(
                "\(name): expected 60 to \(Self.longestTTL) seconds, for AliEn takes no job of more than 24 hours; "
                    + "found \(value)")
        }
    }

    /// Who signs the session's ticket; `nil` where nobody is named.
    var owner: SessionOwner? {
        get throws {
            guard let userKey, let userTicket else { return nil }
            return try SessionOwner(keyFile: userKey, ticket: userTicket)
        }
    }

    /// Of `alien-pod master`.
    var arguments: [String] {
        var arguments = ["--recipe", self.recipe]
        if self.dashboard { arguments.append("--dashboard") }
        if self.allowUnsignedWorkers { arguments.append("--allow-unsigned-workers") }
        arguments += self.trustedKey.flatMap { ["--trusted-key", $0] }
        for (name, value) in [
            ("--ttl", self.ttl.map(String.init)), ("--idle-timeout", self.idleTimeout.map(String.init)),
            ("--ports", self.ports), ("--advertise", self.advertise), ("--forward", self.forward?.rawValue),
            ("--repository", self.repository),
        ] {
            if let value { arguments += [name, value] }
        }
        return arguments + self.recipes.arguments
    }

    /// Takes from the site's settings what the command line does not say.
    ///
    /// - Parameter takesDefaults: Whether the times that nobody set count, too.
    /// - Returns: More arguments of `alien-pod master`.
    /// - Throws: ``CommandError`` when the site does not allow the recipe.
    mutating func fill(from settings: ResolvedSettings, takesDefaults: Bool) throws -> [String] {
        func value(_ setting: Setting, evenDefault: Bool = false) -> String? {
            guard let resolved = settings.all.first(where: { $0.setting == setting }) else { return nil }
            return resolved.origin == .builtIn && !evenDefault ? nil : resolved.values.first
        }
        if let recipes = settings.all.first(where: { $0.setting == .recipe }), recipes.origin != .builtIn,
            !recipes.values.contains(self.recipe)
        {
            let allowed = recipes.values.joined(separator: ", ")
            throw CommandError(.configuration, "--recipe \(self.recipe): \(Setting.recipe.attribute) allows \(allowed)")
        }
        self.ttl = self.ttl ?? value(.masterTtl, evenDefault: takesDefaults).flatMap { Int($0) }
        self.idleTimeout = self.idleTimeout ?? value(.idleTimeout, evenDefault: takesDefaults).flatMap { Int($0) }
        self.ports = self.ports ?? value(.masterPorts)
        if self.trustedKey.isEmpty { self.trustedKey = try settings.values(of: .trustedKey) }
        self.repository = self.repository ?? value(.monalisaUrl)
        self.recipes.setup = self.recipes.setup ?? value(.setup)
        return value(.publishPeriod).map { ["--publish-period", $0] } ?? []
    }
}
