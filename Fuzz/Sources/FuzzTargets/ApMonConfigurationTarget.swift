import ApMon

extension FuzzTarget {
    static let apmonConfiguration = FuzzTarget(
        name: "apmon-configuration", about: "ApMon configuration files, which may come from a URL"
    ) { bytes in
        let configuration = try ApMonConfiguration(parsing: String(decoding: bytes, as: UTF8.self), source: "input")
        for warning in configuration.warnings {
            Promise.isOneLine(warning, "a warning")
        }
        Promise.holds(configuration.maximumRate.map { $0 > 0 } ?? true, "a rate is positive")
        for destination in configuration.destinations {
            Promise.isPlain(destination.description, "a destination")
            Promise.holds(!destination.password.utf8.contains { $0 < 0x20 }, "a password fits into a line")
            let again = try? ApMonDestination(parsing: "\(destination) \(destination.password)")
            Promise.areEqual(destination, again, "a destination")
        }
    }
}
