import ArgumentParser
import PoDCore
import PoDSession

/// How a session's master is reached, beside the session's name.
struct SessionArguments: ParsableArguments {
    @Option(help: "The master's status file, instead of a session.")
    var statusFile: String?

    @Option(help: "Where the master's control port is, as HOST:PORT, for another machine than its own.")
    var master: String?

    @Option(
        help: """
            The session's state directory, whose key makes the session's owner at the control port; state in the \
            session's directory if not given.
            """)
    var stateDirectory: String?

    /// What the argument for a session says of itself.
    static let sessionHelp = ArgumentHelp(
        "The session: its name, or the path of its directory.",
        discussion: "\(SessionPlace.variable) of the environment if not given, else the one that runs.")

    func session(_ name: String?) -> Session {
        Session(name: name, statusFile: self.statusFile, master: self.master, stateDirectory: self.stateDirectory)
    }
}

/// The same for commands that have other arguments than a session.
struct SessionOptions: ParsableArguments {
    @Option(name: [.long, .customShort("s")], help: SessionArguments.sessionHelp)
    var session: String?

    @OptionGroup var arguments: SessionArguments

    func ask(_ request: AdminRequest) async throws -> JSONValue {
        try await self.arguments.session(self.session).ask(request)
    }
}
