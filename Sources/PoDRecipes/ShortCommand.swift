import Foundation
import PoDCore
import Subprocess
import SystemPackage

/// A command that is run to its end for what it prints.
package struct ShortCommand: Sendable {
    private let command: [String]
    private let environment: [String: String]?
    private let limit: Duration

    /// Of its output and of its errors, in bytes.
    private static let longestOutput = 1 << 20

    /// - Parameters:
    ///   - command: Program and arguments.
    ///   - environment: Beside what ``DaemonEnvironment`` allows of ours; `nil` for all that is ours and nothing else.
    ///   - limit: How long it may take.
    package init(command: [String], environment: [String: String]? = [:], limit: Duration = .seconds(60)) {
        self.command = command
        self.environment = environment
        self.limit = limit
    }

    /// How a command ended, and what it printed.
    package struct Outcome: Sendable {
        package let output: String
        package let errors: String
        package let hasSucceeded: Bool
        /// One line: how it ended, with its last lines.
        package let ending: String
    }

    /// Runs it; when the task is cancelled or the time is over, it and what it started are ended.
    ///
    /// - Returns: Its output.
    /// - Throws: ``RecipeError`` when it can't be started, fails (with its last lines), says too much or takes too long.
    package func run() async throws -> String {
        let outcome = try await self.outcome()
        guard outcome.hasSucceeded else { throw RecipeError(.unavailable, outcome.ending) }
        return outcome.output
    }

    /// The same, for a command whose output matters also when it fails.
    ///
    /// - Throws: ``RecipeError`` when it can't be started, says too much or takes too long.
    package func outcome() async throws -> Outcome {
        guard let program = self.command.first else {
            throw RecipeError(.software, "no command")
        }
        return try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask { try await self.outcome(of: program) }
            group.addTask {
                try await Task.sleep(for: self.limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let outcome = try await group.next() ?? nil else {
                throw RecipeError(.unavailable, "\(program): no end within \(self.limit)")
            }
            return outcome
        }
    }

    private func outcome(of program: String) async throws -> Outcome {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
        ]
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                program.contains("/") ? .path(FilePath(program)) : .name(program),
                arguments: Arguments(Array(self.command.dropFirst())), environment: self.subprocessEnvironment,
                platformOptions: options, input: .none, output: .string(limit: Self.longestOutput),
                error: .string(limit: Self.longestOutput))
        } catch let error as SubprocessError {
            throw RecipeError(.unavailable, "\(program): \(error)")
        }
        let lines = result.standardOutput.split(separator: "\n") + result.standardError.split(separator: "\n")
        let end = lines.suffix(3).map { ValueError.quoted($0) }.joined(separator: "; ")
        return Outcome(
            output: result.standardOutput, errors: result.standardError,
            hasSucceeded: result.terminationStatus == .exited(0),
            ending: "\(program): \(result.terminationStatus): \(end)")
    }

    private var subprocessEnvironment: Subprocess.Environment {
        guard let environment else { return .inherit }
        let whole = DaemonEnvironment.allowed(of: ProcessInfo.processInfo.environment).merging(environment) { $1 }
        return .custom(
            Dictionary(
                uniqueKeysWithValues: whole.map { (Subprocess.Environment.Key(stringLiteral: $0.key), $0.value) }))
    }
}
