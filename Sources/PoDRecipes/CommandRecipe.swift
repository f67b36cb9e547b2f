public import PoDCore

/// Any command line as the workers' daemon, for what has no recipe of its own.
public struct CommandRecipe: Recipe {
    public let name = "command"
    private let command: [String]
    private let setup: DaemonSetup?
    private let readyText: String?

    /// - Parameters:
    ///   - command: Program and arguments. It is this machine's to choose: a command from the network is never run.
    ///   - setup: Sourced before it.
    ///   - readyText: A text that stands in its output when it is ready; `nil` for ready at once.
    public init(command: [String], setup: DaemonSetup? = nil, readyText: String? = nil) throws(RecipeError) {
        guard let program = command.first, !program.isEmpty else {
            throw RecipeError(.usage, "recipe command: expected a command line")
        }
        self.command = command
        self.setup = setup
        self.readyText = readyText
    }

    public func survey() async throws -> String {
        let command = ["/bin/sh", "-c", "command -v \"$0\"", self.command[0]]
        do {
            let output = try await ShortCommand(command: self.setup?.wrap(command) ?? command).run()
            return String(output.split(separator: "\n").last ?? "")
        } catch is RecipeError {
            throw RecipeError(.unavailable, "recipe command: no program \(ValueError.quoted(self.command[0]))")
        }
    }

    public func worker(lease: LeaseID, parameters: [String: String], at site: DaemonSite) throws -> DaemonPlan {
        DaemonPlan(
            command: self.command, environment: ["ALIEN_POD_LEASE": lease.description],
            ready: self.readyText.map { .line(containing: $0) } ?? .started
        ).after(self.setup)
    }
}
