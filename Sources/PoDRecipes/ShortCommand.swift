import Foundation
import PoDCore
import Subprocess
import SystemPackage

/// A command that is run to its end for what it prints.
struct ShortCommand: Sendable {
    let command: [String]
    /// Beside what ``DaemonEnvironment`` allows of ours; `nil` for all that is ours and nothing else.
    var environment: [String: String]? = [:]
    var limit: Duration = .seconds(60)

    /// Runs it.
    ///
    /// - Returns: Its output, of at most 64 KiB.
    /// - Throws: ``RecipeError`` with its last lines when it fails, and when its time is over.
    func run() async throws -> String {
        guard let program = self.command.first else {
            throw RecipeError(.software, "no command")
        }
        return try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask { try await self.output(of: program) }
            group.addTask {
                try await Task.sleep(for: self.limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let output = try await group.next() ?? nil else {
                throw RecipeError(.unavailable, "\(program): no end within \(self.limit)")
            }
            return output
        }
    }

    private func output(of program: String) async throws -> String {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
        ]
        let result = try await Subprocess.run(
            program.contains("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(Array(self.command.dropFirst())), environment: self.subprocessEnvironment,
            platformOptions: options, input: .none, output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        guard result.terminationStatus == .exited(0) else {
            let lines = result.standardOutput.split(separator: "\n") + result.standardError.split(separator: "\n")
            let end = lines.suffix(3).map { ValueError.quoted($0) }.joined(separator: "; ")
            throw RecipeError(.unavailable, "\(program): \(result.terminationStatus): \(end)")
        }
        return result.standardOutput
    }

    private var subprocessEnvironment: Subprocess.Environment {
        guard let environment else { return .inherit }
        let whole = DaemonEnvironment.allowed(of: ProcessInfo.processInfo.environment).merging(environment) { $1 }
        return .custom(
            Dictionary(
                uniqueKeysWithValues: whole.map { (Subprocess.Environment.Key(stringLiteral: $0.key), $0.value) }))
    }
}
