public import PoDCore

/// Where one daemon runs: what its recipe gets to know of the place.
public struct DaemonSite: Hashable, Sendable {
    /// The daemon's own directory: an absolute path that may stand in any configuration file.
    public let directory: String
    /// Where the daemon listens.
    public let address: Address
    /// Where others reach it: the same, but where connections are forwarded.
    public var contact: Address
    /// A port of 127.0.0.1 for a web page, at a head; `nil` for no page.
    public var dashboardPort: UInt16?
    /// What it shows to its peers, where ``Recipe/authenticatesPeers``.
    public var credentials: PeerCredentials?

    /// - Throws: ``RecipeError`` when the directory's path can't be used: no absolute path, or with characters that mean
    ///   something in a shell or in a configuration file.
    public init(
        directory: String, address: Address, credentials: PeerCredentials? = nil
    ) throws(RecipeError) {
        guard Self.isUsable(directory) else {
            throw RecipeError(
                .configuration,
                "directory \(ValueError.quoted(directory)): expected an absolute path of at most "
                    + "\(Self.longestPath) bytes, without blanks, quotes, .. and the shell's own characters")
        }
        self.directory = directory
        self.address = address
        self.contact = address
        self.credentials = credentials
    }

    /// In bytes: what a daemon puts behind it still fits into PATH_MAX.
    static let longestPath = 3072

    /// Whether a path may stand in a configuration file and in an environment variable.
    static func isUsable(_ path: String) -> Bool {
        guard path.hasPrefix("/"), path.utf8.count <= self.longestPath else { return false }
        let special = "\"'`$\\;&|<>(){}[]*?#!^~"
        return path.unicodeScalars.allSatisfy { scalar in
            !scalar.properties.isWhitespace && ![.control, .format].contains(scalar.properties.generalCategory)
                && !special.unicodeScalars.contains(scalar)
        } && !path.split(separator: "/").contains("..")
    }
}
