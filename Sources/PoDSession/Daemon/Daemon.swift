import Foundation
package import Logging
package import PoDRecipes
import Subprocess
import SystemPackage

/// One daemon process in a process group of its own, which ends with us, whatever ends us.
///
/// Between us and the daemon stands a shell that holds the other end of a pipe: when that closes, because we are gone,
/// it kills the whole group.
package struct Daemon: Sendable {
    private let plan: DaemonPlan
    private let directory: String
    private let name: String
    private let log: Logger

    /// From SIGTERM to SIGKILL.
    private static let grace: Duration = .seconds(5)

    private static let guardScript = """
        exec 3<&0
        trap : TERM INT HUP
        "$@" </dev/null 3<&- &
        daemon=$!
        { trap '' TERM INT HUP; cat <&3; kill -KILL 0; } >/dev/null 2>&1 &
        exec 3<&-
        while :; do
            wait "$daemon"
            status=$?
            kill -0 "$daemon" 2>/dev/null || exit "$status"
        done
        """

    package init(plan: DaemonPlan, directory: String, name: String, log: Logger) {
        self.plan = plan
        self.directory = directory
        self.name = name
        self.log = log
    }

    private static func keyed(_ environment: [String: String]) -> [Environment.Key: String] {
        Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
    }

    /// Where its output goes.
    package var logPath: String { "\(self.directory)/\(self.name).log" }

    /// Runs it to its end; cancelling the task ends it.
    ///
    /// - Parameter onReady: Called once, when the recipe's probe says so.
    /// - Returns: How it ended, in words.
    package func run(onReady: @escaping @Sendable () async -> Void) async throws -> String {
        var options = PlatformOptions()
        options.processGroupID = 0
        let teardown: [TeardownStep] = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: Self.grace)
        ]
        options.teardownSequence = teardown
        var environment = DaemonEnvironment.allowed(of: ProcessInfo.processInfo.environment)
        environment.merge(self.plan.environment) { $1 }
        let output = try DaemonLog(path: self.logPath)
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", Self.guardScript, "sh"] + self.plan.command),
            environment: .custom(Self.keyed(environment)),
            workingDirectory: FilePath(self.directory), platformOptions: options, input: .inputWriter,
            output: .sequence, error: .combinedWithOutput
        ) { execution in
            let group = execution.processIdentifier.value
            // Whoever stayed behind when the daemon ended.
            defer { kill(-group, SIGKILL) }
            var isReady = false
            if self.plan.ready == .started {
                isReady = true
                await onReady()
            }
            let probe = Task {
                guard case .handshake = self.plan.ready else { return }
                try await self.plan.ready.waitForAnswer()
                await onReady()
            }
            defer { probe.cancel() }
            do {
                for try await line in execution.standardOutput.strings() {
                    output.append(line)
                    if !isReady, case .line(let text) = self.plan.ready, line.contains(text) {
                        isReady = true
                        await onReady()
                    }
                }
            } catch is CancellationError {}
            if Task.isCancelled {
                // Returning closes the guard's pipe: the daemon has its time to end first.
                await execution.teardown(using: teardown)
            }
        }
        return switch result.terminationStatus {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }
}
