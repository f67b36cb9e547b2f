public import PoDCore

/// A worker as the head daemon gets to know it.
public struct RegisteredWorker: Hashable, Sendable {
    /// How the head daemon reaches the worker's.
    public enum Route: Hashable, Sendable {
        /// Where the worker's daemon listens.
        case direct(Address)
        /// By a port of the head's own machine. The address is where the worker's connection comes from.
        case forwarded(port: UInt16, peer: Address)
    }

    /// The account that its daemon runs under.
    public let user: String
    public let route: Route
    /// How many processes may compute there at once, 1 to 1024.
    public let processes: Int
    /// From its submission to its registration, in whole seconds.
    public let startup: Int

    /// - Throws: ``ValueError`` when the user is no name of an account, or the processes are too few or too many.
    public init(user: String, route: Route, processes: Int = 1, startup: Int = 0) throws(ValueError) {
        guard Self.isAccount(user) else {
            throw ValueError("user", found: user, expected: "an account's name")
        }
        guard (1...1024).contains(processes) else {
            throw ValueError("processes", found: String(processes), expected: "1 to 1024")
        }
        self.user = user
        self.route = route
        self.processes = processes
        self.startup = max(0, startup)
    }

    /// A portable user name (POSIX.1-2017, 3.437), of at most 32 bytes as on Linux.
    package static func isAccount(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count) && !name.hasPrefix("-")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
