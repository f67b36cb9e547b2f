import ArgumentParser

/// `alien-pod submit`: the jobs of a session, one kind at a time.
struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Submit a session's master or workers as jobs; list and cancel them.",
        discussion: """
            Where jobs run is a backend: \(Backends.names.joined(separator: ", ")). What the command line does not say \
            comes from \(BackendArguments.standardFile), then, for a master, from the site's settings in LDAP.
            """,
        subcommands: [
            SubmitMasterCommand.self, SubmitWorkersCommand.self, SubmitListCommand.self, SubmitCancelCommand.self,
        ])
}
