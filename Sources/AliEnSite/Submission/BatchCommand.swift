import Foundation
import PoDCore
import PoDRecipes

/// A command of a batch system or of the grid, with this process's environment.
enum BatchCommand {
    /// A batch system under load takes its time.
    private static let patience: Duration = .seconds(120)

    /// Runs it to its end.
    ///
    /// - Parameters:
    ///   - command: Its name, then its arguments.
    ///   - owner: Whose command it is, for when it isn't there.
    /// - Returns: Its output.
    /// - Throws: ``SiteError`` with ``ExitStatus/unavailable`` when it isn't there or fails, with its last lines.
    static func run(_ command: [String], of owner: String) async throws(SiteError) -> String {
        let outcome = try await self.outcome(of: command, of: owner)
        guard outcome.hasSucceeded else { throw SiteError(.unavailable, outcome.ending) }
        return outcome.output
    }

    /// The same, for a command that says more by its output than by its end.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/unavailable`` when it isn't there or does not end.
    static func outcome(
        of command: [String], of owner: String
    ) async throws(SiteError) -> ShortCommand.Outcome {
        guard let program = command.first, self.isThere(program) else {
            throw SiteError(
                .unavailable, "\(command.first ?? ""): not found in PATH; expected the commands of \(owner) here")
        }
        do {
            return try await ShortCommand(command: command, environment: nil, limit: self.patience).outcome()
        } catch let error as RecipeError {
            throw SiteError(error.status, error.description)
        } catch {
            throw SiteError(.temporary, "\(program): interrupted")
        }
    }

    private static func isThere(_ program: String) -> Bool {
        if program.contains("/") { return access(program, X_OK) == 0 }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}
